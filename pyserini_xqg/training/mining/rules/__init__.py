"""Mining rules, one file for each that ``xqg train mine --recipe`` knows: what becomes of a passage that was found."""
