"""The palette of bands: one colour each on every plot of the site, in three themes.

Found by a search for the largest smallest distance between bands that share a plot (u g r i z y; U B V R I; g r c o; G BP RP; J H K; W1 to W4; the
bands of Swift), over full colour vision and Machado, Oliveira & Fernandes 2009 (IEEE TVCG 15, 1291) simulations of the three kinds of colour
blindness, each with a contrast of 3 or more to the ground of the plot. The night theme has only red light: there bands are told apart by the
symbols. `tom_common`'s stylesheet tokens.css holds the same values as ``--band-NAME``; a test compares them.
"""

from __future__ import annotations

from typing import Literal

__all__ = ["ALIASES", "FALLBACK", "PALETTE", "THEMES", "Theme", "colour", "css_tokens"]

Theme = Literal["light", "dark", "night"]
THEMES: tuple[Theme, ...] = ("light", "dark", "night")

PALETTE: dict[str, tuple[str, str, str]] = {
    "u": ("#391fba", "#c860e9", "#b03428"),
    "g": ("#429560", "#5db28d", "#ff9184"),
    "r": ("#994a01", "#fd7512", "#e0554a"),
    "i": ("#6a2e00", "#a35914", "#c9473a"),
    "z": ("#aa8998", "#c6c6c6", "#ff7466"),
    "y": ("#221917", "#ffe5fd", "#ffb1a8"),
    "U": ("#4d0047", "#b94dc6", "#b03428"),
    "B": ("#0d34b1", "#77befa", "#ffb1a8"),
    "V": ("#1c7851", "#61f56b", "#ff7466"),
    "R": ("#c5351b", "#e1373d", "#e0554a"),
    "I": ("#772b0c", "#eb8f62", "#c9473a"),
    "J": ("#7530af", "#bd75a7", "#ff9184"),
    "H": ("#b65c32", "#ffc38a", "#e0554a"),
    "K": ("#8974ca", "#ff7bf8", "#b03428"),
    "G": ("#255517", "#a6ca1a", "#ff7466"),
    "BP": ("#3d72cb", "#4cb2e5", "#ffb1a8"),
    "RP": ("#d45c74", "#e47988", "#c9473a"),
    "c": ("#1f9ec5", "#78e2ff", "#ff9184"),
    "o": ("#ac7507", "#facb7d", "#c9473a"),
    "w": ("#766f63", "#c3a7a6", "#ff7466"),
    "clear": ("#1a3246", "#f2d6ba", "#c9473a"),
    "UVW2": ("#8255b9", "#d790b8", "#e0554a"),
    "UVM2": ("#ae5cf2", "#1770f9", "#ff9184"),
    "UVW1": ("#711c5b", "#da4480", "#c9473a"),
    "W1": ("#065d9f", "#8e66da", "#c9473a"),
    "W2": ("#f35b85", "#ab5b61", "#ff7466"),
    "W3": ("#3e2d71", "#dba2f2", "#ffb1a8"),
    "W4": ("#548f38", "#95c076", "#ff9184"),
    "FUV": ("#535ba1", "#d4a3e1", "#ff7466"),
    "NUV": ("#5d1a4f", "#974cb0", "#c9473a"),
}
"""Light, dark, night."""

ALIASES = {
    "Ks": "K", "Y": "y", "Z": "z", "b": "B", "v": "V", "q": "r", "L": "w", "VIS": "w", "TESS": "I", "Kp": "w",
}  # fmt: skip
"""Bands that have the colour of another."""

FALLBACK = ("#767676", "#8d99a6", "#c9473a")


def colour(band: str, theme: Theme = "light") -> str:
    """``#rrggbb`` of a band by its canonical name (case counts); grey for one that is not in the palette."""
    return PALETTE.get(ALIASES.get(band, band), FALLBACK)[THEMES.index(theme)]


def css_tokens(theme: Theme) -> str:
    """The declarations ``--band-NAME: #rrggbb;`` of a theme, a line for every six bands."""
    tokens = [f"--band-{name}: {colour(name, theme)};" for name in (*PALETTE, *ALIASES)]
    return "\n".join("  " + " ".join(tokens[i : i + 6]) for i in range(0, len(tokens), 6))
