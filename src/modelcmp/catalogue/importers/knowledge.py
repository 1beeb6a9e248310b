"""What everybody knows of names: who makes a family or stands behind an owner, and what a licence word means."""

import re
from functools import cache

from modelcmp.catalogue import limits

MAKERS = (
    (r"claude", "Anthropic"),
    (r"gpt|o[1345]|chatgpt|dall-e|davinci|text-embedding-(3|ada)|codex|sora|whisper", "OpenAI"),
    (r"gemini|gemma|imagen|veo|palm", "Google DeepMind"),
    (r"(meta-)?llama|codellama", "Meta"),
    (r"mistral|mixtral|ministral|codestral|devstral|magistral|pixtral|voxtral", "Mistral AI"),
    (r"qwen|qwq|qvq", "Alibaba Qwen"),
    (r"deepseek", "DeepSeek"),
    (r"grok", "xAI"),
    (r"kimi|moonlight", "Moonshot AI"),
    (r"glm|chatglm", "Z.ai"),
    (r"minimax", "MiniMax"),
    (r"command|aya|cohere", "Cohere"),
    (r"phi|wizardlm", "Microsoft"),
    (r"nova|titan", "Amazon"),
    (r"nemotron", "NVIDIA"),
    (r"granite", "IBM"),
    (r"flux", "Black Forest Labs"),
    (r"stable-?diffusion|sd[0-9x]|sdxl", "Stability AI"),
    (r"sonar", "Perplexity"),
    (r"jamba", "AI21 Labs"),
    (r"ernie", "Baidu"),
    (r"hunyuan", "Tencent"),
    (r"mimo", "Xiaomi"),
    (r"step", "StepFun"),
    (r"voyage", "Voyage AI"),
    (r"seed|doubao", "ByteDance"),
    (r"yi", "01.AI"),
    (r"falcon", "TII"),
    (r"olmo", "Ai2"),
    (r"hermes", "Nous Research"),
    (r"moondream", "vikhyat / M87 Labs"),
)
"""Families that belong to one maker, as their names begin; the makers as the built-in cards write them."""


def family_maker(name: str) -> str | None:
    """Return who makes the family a name begins with, or None where that is not common knowledge.

    >>> family_maker("Claude Sonnet 4"), family_maker("o3-mini"), family_maker("Phind CodeLlama")
    ('Anthropic', 'OpenAI', None)
    """
    plain = re.sub(r"[\s_/]+", "-", name.strip().casefold())
    return next((maker for start, maker in MAKERS if re.match(rf"({start})(?![a-z])", plain)), None)


ORGANISATIONS = {
    "anthropic": "Anthropic", "black-forest-labs": "Black Forest Labs", "deepseek-ai": "DeepSeek",
    "google": "Google DeepMind", "meta-llama": "Meta", "microsoft": "Microsoft",
    "mistralai": "Mistral AI", "openai": "OpenAI", "qwen": "Alibaba Qwen",
    "stabilityai": "Stability AI",
}  # fmt: skip
"""Names of organisations on the Hub, in lower case -> makers as the built-in cards write them."""


def maker_of(owner: str) -> str | None:
    """Return the maker behind the name of an owner; None for an empty one.

    >>> maker_of("mistralai"), maker_of("somebody"), maker_of("")
    ('Mistral AI', 'somebody', None)
    """
    return ORGANISATIONS.get(owner.casefold(), owner) or None


@cache
def licence_of(name: str) -> tuple[tuple[str, str], ...]:
    """Return the licence fields of a Hub licence word; empty when it says nothing.

    >>> dict(licence_of("apache-2.0"))["licence_class"], licence_of("unknown")
    ('permissive', ())
    """
    plain = name.strip().casefold()
    if plain in ("", "unknown", "other", "none", "n/a", "unlicense"):
        return ()
    for words, spdx, group, commercial in LICENCES:
        if plain in words:
            found = (("id", spdx), ("licence_class", group), ("commercial", commercial))
            return tuple((key, value) for key, value in found if value)
    reference = re.sub(r"[^A-Za-z0-9.]+", "-", name.strip()).strip("-.")
    return (("id", f"LicenseRef-{reference}"[: limits.NAME_CHARACTERS]),) if reference else ()


LICENCES: tuple[tuple[tuple[str, ...], str, str, str], ...] = (
    (("apache-2.0", "apache 2.0", "apache license 2.0"), "Apache-2.0", "permissive", "allowed"),
    (("mit", "mit license"), "MIT", "permissive", "allowed"),
    (("bsd-2-clause",), "BSD-2-Clause", "permissive", "allowed"),
    (("bsd-3-clause", "bsd"), "BSD-3-Clause", "permissive", "allowed"),
    (("isc",), "ISC", "permissive", "allowed"),
    (("cc0-1.0",), "CC0-1.0", "permissive", "allowed"),
    (("cc-by-4.0",), "CC-BY-4.0", "permissive", "allowed"),
    (("cc-by-sa-4.0",), "CC-BY-SA-4.0", "copyleft", "allowed"),
    (("gpl-3.0", "gpl"), "GPL-3.0-only", "copyleft", "allowed"),
    (("gpl-2.0",), "GPL-2.0-only", "copyleft", "allowed"),
    (("agpl-3.0",), "AGPL-3.0-only", "copyleft", "allowed"),
    (("lgpl-3.0", "lgpl"), "LGPL-3.0-only", "copyleft", "allowed"),
    (("mpl-2.0",), "MPL-2.0", "copyleft", "allowed"),
    (("cc-by-nc-4.0",), "CC-BY-NC-4.0", "research", "forbidden"),
    (("cc-by-nc-sa-4.0",), "CC-BY-NC-SA-4.0", "research", "forbidden"),
    (("cc-by-nc-nd-4.0",), "CC-BY-NC-ND-4.0", "research", "forbidden"),
    (("openrail",), "LicenseRef-OpenRAIL", "use-restricted", "allowed"),
    (("creativeml-openrail-m",), "LicenseRef-CreativeML-OpenRAIL-M", "use-restricted", "allowed"),
    (
        ("openrail++", "creativeml-openrail-m-plus-plus"),
        "LicenseRef-CreativeML-OpenRAIL-M-plus-plus",
        "use-restricted",
        "allowed",
    ),
    (("bigscience-openrail-m",), "LicenseRef-BigScience-OpenRAIL-M", "use-restricted", "allowed"),
    (
        ("bigscience-bloom-rail-1.0",),
        "LicenseRef-BigScience-BLOOM-RAIL-1.0",
        "use-restricted",
        "allowed",
    ),
    (("bigcode-openrail-m",), "LicenseRef-BigCode-OpenRAIL-M", "use-restricted", "allowed"),
    (("llama2",), "LicenseRef-Llama-2-Community", "community", "conditional"),
    (("llama3",), "LicenseRef-Llama-3-Community", "community", "conditional"),
    (("llama3.1",), "LicenseRef-Llama-3.1-Community", "community", "conditional"),
    (("llama3.2",), "LicenseRef-Llama-3.2-Community", "community", "conditional"),
    (("llama3.3",), "LicenseRef-Llama-3.3-Community", "community", "conditional"),
    (("llama4",), "LicenseRef-Llama-4-Community", "community", "conditional"),
    (("gemma",), "LicenseRef-Gemma", "community", "conditional"),
)
"""Words of the Hub -> SPDX id, class and commercial use; ids as the built-in cards write them."""
