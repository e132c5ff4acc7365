"""Folders of ours on the Hugging Face hub: pushed with a card and checksums, pulled and checked."""
