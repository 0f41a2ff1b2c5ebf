"""Accessibility of a page in the browser: ``assert violations(page) == []``."""

from pathlib import Path

AXE = Path(__file__).resolve().parent / "vendor" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
COLOURS = ["color-contrast"]  # all that another theme changes


def violations(page, within: str = "html", leave_out: tuple[str, ...] = (), rules: list[str] = RULES) -> list[str]:
    """What axe finds against WCAG 2.1 AA, or against single `rules`, as readable lines."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE.read_text())
    found = page.evaluate(
        """([within, rules]) => axe.run(within, {runOnly: rules, resultTypes: ["violations"]}).then((result) => result.violations.flatMap(
            (violation) => violation.nodes.map((node) => [violation.id, node.target.join(" "), node.any.map((one) => one.message).join("; ")])))""",
        [within, rules],
    )
    return [f"{rule}: {target}: {message}" for rule, target, message in found if rule not in leave_out]
