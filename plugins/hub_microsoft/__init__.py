"""Microsoft 365 and Outlook.com calendars, by Microsoft Graph v1.0 and the Microsoft identity platform."""
