"""Figures, each beside a control that is measured in the same run."""
