"""A mail account: letters over IMAP, answers over SMTP."""
