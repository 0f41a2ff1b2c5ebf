"""The design system: what it shows of itself."""
