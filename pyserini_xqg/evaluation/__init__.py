"""From runs to figures that can be believed."""
