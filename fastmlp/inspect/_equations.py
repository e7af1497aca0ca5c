"""Equations in words and numbers: those of kernels, and the steps of optimizers."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping

from fastmlp import reference
from fastmlp.inspect._blocks import number

# A name, a number, or a sign.
_TOKEN = re.compile(r"[A-Za-z_]\w*|\d+(?:\.\d+)?(?:e[-+]?\d+)?|\S")
_FUNCTIONS = ("sqrt", "max", "sign", "abs", "clip")


def equation_of(kernel: str, letters: Mapping[str, str]) -> str:
    """Return the equation of a kernel, which its docstring begins with.

    Args:
        kernel: A function of `fastmlp.reference`.
        letters: What x, y and so on are called here; dx and dy follow.

    Example:
        >>> equation_of("relu_backward", {"x": "z1", "y": "h1"})
        'dz1 = dh1 where h1 > 0, else 0'
    """
    text = inspect.getdoc(getattr(reference, kernel)) or ""
    text = " ".join(text.split("\n\n")[0].split()).removesuffix(".").replace("`", "")
    return renamed(text.removeprefix("Compute "), letters)


def renamed(text: str, letters: Mapping[str, str]) -> str:
    """Return an equation with other letters, also where they are indexed."""
    if not letters:
        return text
    names = "|".join(sorted(map(re.escape, letters), key=len, reverse=True))
    found = re.compile(rf"(?<![A-Za-z_])(d?)({names})(?![A-Za-z0-9])")
    return found.sub(lambda match: match[1] + letters[match[2]], text)


def optimizer_steps(
    optimizer: str, settings: Mapping[str, float], memory: Mapping[str, object]
) -> list[str]:
    """Return what an optimizer does with a weight w of the gradient dw, step by step.

    Args:
        optimizer: A kernel of `fastmlp.tables.OPTIMIZERS`.
        settings: What it is set to.
        memory: What it remembers, by letter.
    """
    mean_square = "v <- rho v + (1 - rho) dw^2"
    adams = ["m <- m + (1 - beta_1) (dw - m)", "v <- v + (1 - beta_2) (dw^2 - v)"]
    if optimizer == "sgd":
        step = "learning_rate dw"
        if not settings.get("momentum"):
            return [f"w <- w - {step}"]
        ahead = f"momentum m - {step}" if settings.get("nesterov") else "m"
        return [f"m <- momentum m - {step}", f"w <- w + {ahead}"]
    if optimizer == "rmsprop":
        mean = ["a <- rho a + (1 - rho) dw"] if "a" in memory else []
        variance = "v - a^2" if mean else "v"
        step = f"learning_rate dw / sqrt({variance} + epsilon)"
        if "m" not in memory:
            return [mean_square, *mean, f"w <- w - {step}"]
        return [mean_square, *mean, f"m <- momentum m + {step}", "w <- w - m"]
    if optimizer == "adam":
        largest = ["v_max <- max(v_max, v)"] if "v_max" in memory else []
        v = "v_max" if largest else "v"
        return [*adams, *largest, f"w <- w - step m / (sqrt({v}) + epsilon)"]
    return {
        "adagrad": [
            "v <- v + dw^2",
            "w <- w - learning_rate dw / sqrt(v + epsilon)",
        ],
        "adadelta": [
            mean_square,
            "w <- w - learning_rate sqrt(u + epsilon) / sqrt(v + epsilon) dw",
            "u <- rho u + (1 - rho) (u + epsilon) / (v + epsilon) dw^2",
        ],
        "adamax": [
            adams[0],
            "u <- max(beta_2 u, abs(dw))",
            "w <- w - step m / (u + epsilon)",
        ],
        "nadam": [
            *adams,
            "w <- w - (step m + gradient_step dw) / (correction sqrt(v) + epsilon)",
        ],
        "lion": [
            "w <- w - learning_rate sign(beta_1 m + (1 - beta_1) dw)",
            "m <- beta_2 m + (1 - beta_2) dw",
        ],
        "ftrl": [
            "z <- z + dw + 2 shrinkage w"
            " - ((v + dw^2)^power - v^power) / learning_rate w",
            "v <- v + dw^2",
            "w <- (clip(z, -l1, l1) - z) / ((v^power + beta) / learning_rate + 2 l2)",
        ],
    }[optimizer]


def with_numbers(equation: str, values: Mapping[str, float]) -> str:
    """Return an equation with numbers for its letters.

    Example:
        >>> with_numbers("rho v + (1 - rho) dw^2", {"rho": 0.9, "v": 0, "dw": -0.5})
        '0.9 · 0 + (1 - 0.9) · (-0.5)^2'
    """
    parts: list[str] = []
    is_operand = False
    tokens = _TOKEN.findall(equation)
    for token, following in zip(tokens, [*tokens[1:], ""], strict=True):
        named = token in values
        begins = named or token == "(" or token[0].isalnum()
        if begins and is_operand:
            parts.append(" · ")
        text = number(values[token]) if named else token
        first = not parts or parts[-1].endswith("(")
        if text.startswith("-") and named and (following == "^" or not first):
            text = f"({text})"
        elif token in ("+", "-", "/") and is_operand:
            text = f" {token} "
        elif token == ",":
            text = ", "
        parts.append(text)
        is_operand = token == ")" or (begins and token not in (*_FUNCTIONS, "("))
    return "".join(parts)


def rate_in_words(optimizer: str, rate: str) -> str:
    """Return what an optimizer makes of the learning rate: its docstring says it.

    Example:
        >>> rate_in_words("adamax", "step")
        'the learning rate divided by 1 - beta_1^n'
    """
    text = inspect.getdoc(getattr(reference, optimizer)) or ""
    found = re.search(rf"^ +{rate}: (.+?)(?:, n = .*)?\.$", text, re.MULTILINE)
    assert found is not None
    return found[1][0].lower() + found[1][1:]
