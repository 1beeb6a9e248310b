"""The Hugging Face Hub: what its API, a model card's front matter and `.eval_results` files say of a repository.

The API's figures count the last 30 days. Published results are the business of `hub_results`.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from modelcmp.catalogue.importers.draft import (
    Draft,
    Foreign,
    Given,
    Imported,
    LeftOut,
    Wanted,
    as_text,
    clean,
    clean_name,
    day_of,
    find_task,
    new_card,
    positive,
    read_row,
    tag_capability,
    task_capability,
    url_of,
)
from modelcmp.catalogue.importers.hub_results import Told, read_results, read_yaml
from modelcmp.catalogue.importers.knowledge import licence_of, maker_of
from modelcmp.catalogue.registry import Registry

SOURCE = "import_hub"
ADDRESS = "https://huggingface.co"
NAME = re.compile(r"([\w.\-]+/)?[\w.\-]+", re.ASCII)

EXPAND = (
    "author", "cardData", "childrenModelCount", "createdAt", "downloads", "evalResults", "gated",
    "gguf", "inferenceProviderMapping", "lastModified", "library_name", "likes", "model-index",
    "pipeline_tag", "safetensors", "siblings", "tags",
)  # fmt: skip
"""Fields asked of the API; with `expand` it sends only those, and some only then."""

FILLED_IN = "2022-03-02"
"""The day of creation that the Hub gave every repository older than its record of such days."""

FORMATS = {
    ".safetensors": "safetensors", ".gguf": "gguf", ".onnx": "onnx", ".bin": "pytorch",
    ".pt": "pytorch", ".pth": "pytorch", ".ckpt": "pytorch", ".h5": "tensorflow",
    ".msgpack": "flax", ".tflite": "tflite", ".mlpackage": "coreml", ".mlmodel": "coreml",
    ".nemo": "nemo",
}  # fmt: skip
"""How weight files end -> their format. training_args.bin and the like are no weights."""

LIBRARIES = {
    "transformers": "transformers", "diffusers": "Diffusers", "gguf": "llama.cpp", "onnx": "ONNX Runtime",
    "sentence-transformers": "Sentence Transformers", "transformers.js": "Transformers.js",
    "mlx": "MLX", "peft": "PEFT", "vllm": "vLLM", "espnet": "ESPnet", "nemo": "NeMo",
    "speechbrain": "SpeechBrain", "keras": "Keras", "timm": "timm", "flair": "Flair",
    "ctranslate2": "CTranslate2", "openvino": "OpenVINO", "spacy": "spaCy", "fairseq": "fairseq",
}  # fmt: skip
"""Tags that name software which runs the model."""


class Tensors(Foreign):
    """Count of parameters in safetensors files, by type of number."""

    parameters: dict[str, int] | None = None
    total: int | None = None


class Gguf(Foreign):
    """What the Hub reads off a GGUF file."""

    total: int | None = None
    context_length: int | None = None


class Sibling(Foreign):
    """One file of the repository."""

    rfilename: str = ""


class Model(Foreign):
    """The repository, as the API sends it."""

    id: Given
    author: str | None = None
    created_at: str | None = None
    last_modified: str | None = None
    gated: bool | str | None = None
    pipeline_tag: str | None = None
    library_name: str | None = None
    tags: tuple[str, ...] = ()
    downloads: int | None = None
    likes: int | None = None
    card_data: dict[str, Any] | None = None
    model_index: list[Any] | None = None
    eval_results: list[Any] | None = None
    safetensors: Tensors | None = None
    gguf: Gguf | None = None
    siblings: list[Sibling] | None = None
    children_model_count: int | dict[str, int] | None = None
    inference_provider_mapping: dict[str, Any] | list[Any] | None = None


class Repository(NamedTuple):
    """What is known of one repository: the API's answer and the text of its files, as far as at hand."""

    model: Any
    readme: str | None = None
    eval_results: tuple[str, ...] = ()
    """Texts of files below `.eval_results`."""


def model_address(name: str) -> str:
    """Return the API's address of a repository, with all fields that a card can take."""
    asked = "&".join(f"expand[]={field}" for field in EXPAND)
    return f"{ADDRESS}/api/models/{quote(name)}?{asked}"


def read_payload(payload: Sequence[Repository], wanted: Wanted) -> Imported:
    """Return a card for each repository that says what it is for."""
    drafts: list[Draft] = []
    left_out: list[LeftOut] = []
    passed_over: list[LeftOut] = []
    for number, repository in enumerate(payload, 1):
        raw = repository.model
        if isinstance(raw, dict):
            raw = {**raw, "model_index": raw.get("model-index")}
        model = read_row(Model, raw)
        if isinstance(model, str):
            named = isinstance(repository.model, dict) and repository.model.get("id")
            left_out.append(LeftOut(str(named or f"repository {number}"), model))
        elif not NAME.fullmatch(model.id):
            left_out.append(LeftOut(as_text(model.id), "is no name of a repository"))
        elif wanted.takes(model.id, model.id.rpartition("/")[2]):
            made = _draft(model, repository, wanted, passed_over)
            if isinstance(made, str):
                left_out.append(LeftOut(model.id, made))
            else:
                drafts.append(made)
    return Imported(tuple(drafts), tuple(left_out), tuple(passed_over))


def _draft(
    model: Model, repository: Repository, wanted: Wanted, passed_over: list[LeftOut]
) -> Draft | str:
    front = {**(model.card_data or {}), **_front_matter(repository.readme, model.id, passed_over)}
    registry = wanted.registry
    said = str(model.pipeline_tag or front.get("pipeline_tag") or "")
    tasks = [task for name in (said, *model.tags) if name and (task := find_task(name, registry))]
    if not tasks:
        return f"{said} is no task" if said else "names no task"
    owner, _, short = model.id.rpartition("/")
    maker = maker_of(owner or model.author or "")
    about = {"title": f"Hugging Face Hub, {model.id}", "url": f"{ADDRESS}/{model.id}"}
    card = new_card(
        registry, name=clean_name(short), maker=maker, tasks=tasks[:1], source=SOURCE,
        summary=_first_paragraph(repository.readme), origin={**about, "read_on": wanted.day},
    )  # fmt: skip
    card["aliases"] = [model.id] if owner else []
    card["released"], card["maintained"] = _days(model)
    card["licence"] = _licence(front, model)
    card["weights"] = _weights(model, passed_over)
    window = positive(model.gguf.context_length) if model.gguf else None
    card["context"] = {"tokens": window, "source": SOURCE} if window else None
    card["links"] = _links(model, front)
    card["metrics"] = _metrics(model, wanted)
    names = dict.fromkeys(
        LIBRARIES[tag] for tag in (model.library_name, *model.tags) if tag in LIBRARIES
    )
    if names:
        card["ecosystem"] = {"integrations": [{"name": name, "source": SOURCE} for name in names]}
    card["capabilities"] = [
        task_capability(registry, tasks[0], card["summary"], SOURCE),
        *_languages(front, registry),
    ]
    told = Told(
        model.id,
        model.model_index or front.get("model-index") or (),
        (*(model.eval_results or ()), *_results_in_files(model.id, repository, passed_over)),
    )
    card["benchmarks"] = read_results(told, wanted, card["sources"], passed_over)
    return Draft(card, model.id, model.id)


def _front_matter(readme: str | None, where: str, passed_over: list[LeftOut]) -> dict[str, Any]:
    found = re.match(r"---\n(.*?)\n---(\n|$)", (readme or "").replace("\r\n", "\n"), re.DOTALL)
    if found is None:
        return {}
    value = read_yaml(found[1], f"{where} README.md", passed_over)
    return value if isinstance(value, dict) else {}


def _results_in_files(
    where: str, repository: Repository, passed_over: list[LeftOut]
) -> Iterator[Any]:
    for text in repository.eval_results:
        value = read_yaml(text, f"{where} .eval_results", passed_over)
        yield from value if isinstance(value, list) else [value] if isinstance(value, dict) else []


def _first_paragraph(readme: str | None) -> str | None:
    """Return the first sentences of prose in a README, without its marks."""
    body = re.sub(
        r"\A---\n.*?\n---(\n|$)", "", (readme or "").replace("\r\n", "\n"), flags=re.DOTALL
    )
    body = re.sub(r"```.*?(```|\Z)|<!--.*?(-->|\Z)", "", body, flags=re.DOTALL)
    for block in re.split(r"\n\s*\n", body):
        text = re.sub(r"!\[[^\]]*\]\([^)]*\)|<[^>]*>", "", block)
        text = clean(
            re.sub(r"\[([^\]]*)\]\([^)]*\)|[*_`]{1,3}(\S[^*`]*?)[*_`]{1,3}", r"\1\2", text)
        )
        if len(text) >= 40 and not re.match(r"[#|>=+-]|\d+\.|\* ", text):
            sentences = re.split(r"(?<=[.!?]) ", text)
            while len(" ".join(sentences)) > 400 and len(sentences) > 1:
                sentences.pop()
            return clean(" ".join(sentences), 600)
    return None


def _days(model: Model) -> tuple[dict[str, str] | None, dict[str, str] | None]:
    created, changed = day_of(model.created_at), day_of(model.last_modified)
    first = None
    if created and created != FILLED_IN:
        note = "Day on which the repository was made on the Hub."
        first = {"day": created, "source": SOURCE, "note": note}
    last = None
    if changed and not (created and changed < created):
        note = "Last change of the repository on the Hub."
        last = {"day": changed, "source": SOURCE, "note": note}
    return first, last


def _licence(front: dict[str, Any], model: Model) -> dict[str, Any] | None:
    said = front.get("license") or next(
        (tag.partition(":")[2] for tag in model.tags if tag.startswith("license:")), ""
    )
    word = str(said[0] if isinstance(said, list) and said else said or "")
    if word.casefold() == "other":
        word = str(front.get("license_name") or "")
    found = dict(licence_of(clean_name(word)))
    if not found:
        return None
    link = str(front.get("license_link") or "")
    inside = f"{ADDRESS}/{model.id}/blob/main/{quote(link)}"
    url = url_of(link) or (url_of(inside) if re.fullmatch(r"[\w./\-]+", link) else None)
    return {**found, **({"url": url} if url else {}), "source": SOURCE}


PACKED = {"I8", "I16", "I32", "I64", "U8", "U16", "U32", "U64", "F4", "F8_E8M0"}
"""Types of number in which quantized weights lie several to one; their count says too little."""


def _weights(model: Model, passed_over: list[LeftOut]) -> dict[str, Any] | None:
    """Return the weights; a repository that is known to hold none says nothing of them."""
    endings = [
        re.sub(r".*(\.[a-z0-9]+)$", r"\1", file.rfilename.casefold())
        for file in model.siblings or ()
        if not re.search(r"training_args|optimizer|scheduler|rng_state", file.rfilename)
    ]
    formats = list(dict.fromkeys(FORMATS[end] for end in endings if end in FORMATS))
    if model.siblings is None:
        formats = [kind for kind in dict.fromkeys(FORMATS.values()) if kind in model.tags]
    count = positive(model.safetensors.total) if model.safetensors else None
    packed = (
        sum(n for kind, n in (model.safetensors.parameters or {}).items() if kind in PACKED)
        if count and model.safetensors
        else 0
    )
    if count and packed * 10 > count:
        passed_over.append(
            LeftOut(model.id, "its parameters lie packed, so their count is not taken")
        )
        count = None
    count = count or (positive(model.gguf.total) if model.gguf else None)
    if not formats and not count:
        return None
    found: dict[str, Any] = {"open": True}
    if model.gated is not None:
        found["gated"] = bool(model.gated)
    if count:
        found["parameters"] = count
    if formats:
        found["formats"] = formats
    return {**found, "source": SOURCE}


def _links(model: Model, front: dict[str, Any]) -> dict[str, str]:
    page = f"{ADDRESS}/{model.id}"
    paper = next(
        (t.partition(":")[2] for t in model.tags if re.fullmatch(r"arxiv:\d{4}\.\d{4,5}", t)), None
    )
    paper = None if paper == "0000.00000" else paper
    return {"weights": page, **({"paper": f"https://arxiv.org/abs/{paper}"} if paper else {})}


def _metrics(model: Model, wanted: Wanted) -> list[dict[str, Any]]:
    children = model.children_model_count
    derived = sum(children.values()) if isinstance(children, dict) else children
    served = (
        model.inference_provider_mapping.values()
        if isinstance(model.inference_provider_mapping, dict)
        else model.inference_provider_mapping or ()
    )
    live = [one for one in served if isinstance(one, dict) and one.get("status") == "live"]
    figures = (
        ("hf_downloads_30d", model.downloads, None),
        ("hf_likes", model.likes, None),
        ("derivatives", derived, None),
        ("api_providers", len(live) or None, "Inference providers of the Hub"),
    )
    return [
        {
            "metric": metric,
            "value": value,
            "repository": model.id,
            **({"note": note} if note else {}),
            "source": SOURCE,
            "read_on": wanted.get_day(),
        }
        for metric, value, note in figures
        if value is not None and value >= 0
    ]


def _languages(front: dict[str, Any], registry: Registry) -> list[dict[str, Any]]:
    said = front.get("language")
    named = (
        [clean_name(one) for one in said if isinstance(one, str)] if isinstance(said, list) else []
    )
    if len(named) < 2:
        return []
    found = tag_capability(registry, "multilingual", SOURCE)
    return [{**found, "description": clean(f"Languages its card names: {', '.join(named)}.")}]
