"""How close an encoder puts sentences that say the same in two languages, and what generated queries change in that."""
