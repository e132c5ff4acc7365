"""Alignment: how close an encoder puts sentences that say the same in two languages."""
