"""The only room that knows an OAuth library; what plugins need of it is offered through hub.plugin."""
