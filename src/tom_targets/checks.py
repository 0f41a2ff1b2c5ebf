"""System checks of targets."""
