"""What a served project stores besides its work: requests of programs, comments, webhooks, ways to sign in."""
