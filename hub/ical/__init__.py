"""The only room that knows iCalendar libraries: iCalendar to busy times under a budget, and events back."""
