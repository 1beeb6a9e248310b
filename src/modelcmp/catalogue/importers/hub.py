"""The Hugging Face Hub: what its API, a model card's front matter and `.eval_results` files say of a repository.

The API's figures count the last 30 days. Results are taken only under keys of our registry of benchmarks;
a result is independent only where the Hub's own proof of verification stands beside it.
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
    licence_of,
    maker_of,
    new_card,
    positive,
    read_row,
    tag_capability,
    task_capability,
    url_of,
)
from modelcmp.catalogue.reader import parse_yaml
from modelcmp.catalogue.registry import Benchmark, Registry
from modelcmp.errors import CardError

SOURCE = "import_hub"
CARD_SOURCE = "import_hub_card"
RESULT_SOURCE = "import_hub_results"
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

DATASETS = {
    "tiger-lab/mmlu-pro": "MMLU-Pro", "mmlu_pro": "MMLU-Pro",
    "cais/mmlu": "MMLU", "hendrycks_test": "MMLU", "hendryckstest": "MMLU",
    "edinburgh-dawg/mmlu-redux": "MMLU-Redux",
    "idavidrein/gpqa": "GPQA", "gpqa": "GPQA",
    "huggingfaceh4/ifeval": "IFEval", "google/ifeval": "IFEval",
    "openai_humaneval": "HumanEval", "openai/openai_humaneval": "HumanEval",
    "openai/gsm8k": "GSM8K", "rowan/hellaswag": "HellaSwag",
    "huggingfaceh4/math-500": "MATH-500", "huggingfaceh4/aime_2024": "AIME 2024",
    "mmmu/mmmu": "MMMU", "mmmu/mmmu_pro": "MMMU-Pro", "lmms-lab/docvqa": "DocVQA",
    "lmms-lab/textvqa": "TextVQA", "huggingfacem4/chartqa": "ChartQA", "ai4math/mathvista": "MathVista",
}  # fmt: skip
"""Data sets of the Hub -> names of our registry; a data set may also carry the registry's own name."""

SPLITS = {"validation": "val", "val": "val", "test": "test", "testmini": "testmini"}
MEASURES = {
    "accuracy": ("accuracy", "acc", "acc_norm", "exact_match", "strict_acc"),
    "pass@1": ("pass@1", "pass_at_1", "pass@k"),
    "ANLS": ("anls",),
    "relaxed accuracy": ("relaxed_accuracy", "relaxed_acc"),
    "F1": ("f1",),
    "overall": ("overall",),
    "score": ("score",),
    "average": ("average",),
}
"""Measures of the registry -> how the Hub writes them."""


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
        return f"{said} is no task" if said else "says no task"
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
    results = [*_index_results(model, front), *_file_results(model, repository, passed_over)]
    card["benchmarks"] = _benchmarks(results, model.id, wanted, card["sources"], passed_over)
    return Draft(card, model.id, model.id)


def _front_matter(readme: str | None, where: str, passed_over: list[LeftOut]) -> dict[str, Any]:
    found = re.match(r"---\n(.*?)\n---(\n|$)", (readme or "").replace("\r\n", "\n"), re.DOTALL)
    if found is None:
        return {}
    value = _yaml(found[1], f"{where} README.md", passed_over)
    return value if isinstance(value, dict) else {}


def _yaml(text: str, where: str, passed_over: list[LeftOut]) -> Any:
    try:
        return parse_yaml(text.encode("utf-8", "replace"), where).value
    except CardError as error:
        passed_over += [LeftOut(where, problem.message) for problem in error.problems[:1]]
        return None


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


class Result(NamedTuple):
    """One published result as the Hub tells it, before our registry is asked."""

    dataset: str
    name: str
    split: str
    measure: str | None
    value: Any
    shots: int | None
    verified: bool
    day: str | None
    url: str | None
    note: str
    source: str


def _index_results(model: Model, front: dict[str, Any]) -> Iterator[Result]:
    """Yield the results of `model-index`, from the API's own field or the front matter."""
    for entry in model.model_index or front.get("model-index") or ():
        for result in _dicts(entry, "results"):
            dataset = _dict(result, "dataset")
            arguments = _dict(dataset, "args")
            for metric in _dicts(result, "metrics"):
                yield Result(
                    str(dataset.get("type") or ""),
                    str(dataset.get("name") or ""),
                    str(dataset.get("split") or ""),
                    str(metric.get("type") or ""),
                    metric.get("value"),
                    _shots(arguments, str(dataset.get("name") or "")),
                    metric.get("verified") is True and bool(metric.get("verifyToken")),
                    None,
                    url_of(_dict(result, "source").get("url")),
                    clean_name(_dict(result, "source").get("name") or ""),
                    CARD_SOURCE,
                )


def _file_results(
    model: Model, repository: Repository, passed_over: list[LeftOut]
) -> Iterator[Result]:
    """Yield the results of `.eval_results` files, from the API's field or the files themselves."""
    held = list(model.eval_results or ())
    for text in repository.eval_results:
        value = _yaml(text, f"{model.id} .eval_results", passed_over)
        held += value if isinstance(value, list) else [value] if isinstance(value, dict) else []
    for item in held:
        entry = item.get("data", item) if isinstance(item, dict) else {}
        dataset = _dict(entry, "dataset")
        if not dataset:
            passed_over.append(LeftOut(model.id, "a file of results that names no data set"))
            continue
        part = dataset.get("task_id") if dataset.get("task_id") != "default" else None
        yield Result(
            str(dataset.get("id") or ""),
            str(dataset.get("task_id") or ""),
            "",
            None,
            entry.get("value"),
            None,
            bool(entry.get("verifyToken")),
            day_of(entry.get("date")),
            url_of(_dict(entry, "source").get("url")),
            clean("; ".join(str(word) for word in (part, entry.get("notes")) if word)),
            RESULT_SOURCE,
        )


def _dict(value: Any, key: str) -> dict[str, Any]:
    inner = value.get(key) if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else {}


def _dicts(value: Any, key: str) -> list[dict[str, Any]]:
    inner = value.get(key) if isinstance(value, dict) else None
    return [item for item in inner if isinstance(item, dict)] if isinstance(inner, list) else []


def _shots(arguments: dict[str, Any], name: str) -> int | None:
    stated = arguments.get("num_few_shot")
    if isinstance(stated, int) and not isinstance(stated, bool) and stated >= 0:
        return stated
    found = re.search(r"\(?(\d{1,3})[- ]shot", name, re.IGNORECASE)
    return int(found[1]) if found else None


def _benchmarks(
    results: Sequence[Result],
    where: str,
    wanted: Wanted,
    sources: dict[str, Any],
    passed_over: list[LeftOut],
) -> list[dict[str, Any]]:
    """Return the results the registry knows; of several for one key the proven one, then the first."""
    taken: dict[tuple[Any, ...], dict[str, Any]] = {}
    for result in sorted(results, key=lambda one: not one.verified):
        told = f"{result.dataset or result.name or 'a result'} {result.measure or ''}".strip()
        row = _row_of(result, wanted.registry)
        if row is None:
            passed_over.append(LeftOut(where, f"{as_text(told)} is no benchmark of the registry"))
            continue
        made = _benchmark(result, row, wanted)
        if isinstance(made, str):
            passed_over.append(LeftOut(where, f"{as_text(told)}: {made}"))
            continue
        key = tuple(made.get(field) for field in ("name", "version", "metric", "shots"))
        if key in taken:
            passed_over.append(LeftOut(where, f"{as_text(told)} is given more than once"))
            continue
        made["source"] = _source_of(result, where, wanted, sources)
        taken[key] = made
    return sorted(taken.values(), key=lambda made: (made["name"], str(made.get("version"))))


def _row_of(result: Result, registry: Registry) -> Benchmark | None:
    """Return the registry's row for a result: by data set, measure and split, without a guess."""
    bare = re.sub(r"\s*\(?\d+[- ]shot\)?", "", result.name, flags=re.IGNORECASE).strip().casefold()
    named = {row.name.casefold(): row.name for row in registry.benchmarks}
    name = (
        DATASETS.get(result.dataset.casefold())
        or named.get(result.dataset.casefold())
        or named.get(bare)
    )
    rows = [row for row in registry.benchmarks if row.name == name]
    if result.measure is not None:
        said = result.measure.casefold()
        rows = [
            row for row in rows if said in (row.metric.casefold(), *MEASURES.get(row.metric, ()))
        ]
    split = SPLITS.get(result.split.casefold())
    plain = [row for row in rows if row.version is None]
    fitting = plain or [row for row in rows if row.version == (split or row.version)]
    if not plain and len({row.version for row in fitting}) > 1:
        return None
    exact = [row for row in fitting if row.shots == result.shots]
    return next(iter(exact or [row for row in fitting if row.shots is None]), None)


def _benchmark(result: Result, row: Benchmark, wanted: Wanted) -> dict[str, Any] | str:
    value = result.value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return "its value is no number"
    if row.floor is None or row.ceiling is None:
        return "a rating is taken from its own board only"
    top = max(row.floor, row.ceiling)
    notes = [result.note]
    if top == 100 and 0 < value <= 1:
        value, notes = round(value * 100, 6), [*notes, "Stated as a share of 1."]
    elif top == 1 and 1 < value <= 100:
        value, notes = round(value / 100, 6), [*notes, "Stated in per cent."]
    if not 0 <= value <= top:
        return f"{value:g} lies outside its range"
    if result.verified:
        notes.append("Marked as verified by the Hub.")
    made: dict[str, Any] = {"name": row.name, "version": row.version, "metric": row.metric}
    made |= {"shots": result.shots, "value": value}
    made["tier"] = "independent" if result.verified else "maker"
    made["note"] = clean("; ".join(filter(None, notes)))
    made |= {"as_of": result.day} if result.day else {"read_on": wanted.get_day()}
    return {key: held for key, held in made.items() if held not in (None, "")}


def _source_of(result: Result, where: str, wanted: Wanted, sources: dict[str, Any]) -> str:
    """Return the key of a result's source: the page it names, or the file that holds it."""
    titles = {CARD_SOURCE: "Model card of", RESULT_SOURCE: "Evaluation results of"}
    url = result.url or f"{ADDRESS}/{where}"
    title = f"{titles[result.source]} {where}"
    for key, held in sources.items():
        if key.startswith(result.source) and held.get("url") == url:
            return key
    number = sum(key.startswith(result.source) for key in sources) + 1
    key = result.source if number == 1 else f"{result.source}_{number}"
    sources[key] = {"title": clean_name(title), "url": url, "read_on": wanted.get_day()}
    return key
