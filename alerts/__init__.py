"""Articles become messages that arrive: reading (what happened) and telling (who hears of it)."""
