"""Each importer on a cut of what its source really sends, or on its documented shape."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelcmp.catalogue.importers import IMPORTERS, hub, jsonl
from modelcmp.catalogue.importers.draft import Imported, Wanted
from modelcmp.catalogue.importers.planning import plan_import
from modelcmp.catalogue.reader import parse_yaml
from modelcmp.catalogue.registry import Registry
from modelcmp.errors import UsageError

CASES = Path(__file__).resolve().parents[2] / "cases"
DAY = "2026-11-20"
Read = Callable[..., Imported]


@pytest.fixture
def read(registry: Registry) -> Read:
    """Return a reader of one source that also holds every card against all rules."""

    def run(name: str, payload: Any, day: str | None = DAY, only: tuple[str, ...] = ()) -> Imported:
        imported = IMPORTERS[name].read(payload, Wanted(registry, day, only))
        plan = plan_import(imported, {}, lambda _: None, registry)
        assert len(plan.changes) == len(imported.drafts), plan.left_out
        return imported

    return run


def sample(name: str) -> Any:
    text = (CASES / "imports" / name).read_text(encoding="utf-8")
    if name.endswith(".jsonl"):
        return [json.loads(line) for line in text.splitlines()]
    return json.loads(text)


def cards(imported: Imported) -> dict[str, dict[str, Any]]:
    return {draft.card["name"]: draft.card for draft in imported.drafts}


def test_the_table_names_every_source() -> None:
    assert list(IMPORTERS) == ["hf", "models-dev", "openrouter", "litellm", "ollama", "jsonl"]


class TestModelsDev:
    def test_one_model_of_many_providers_is_one_card(self, read: Read) -> None:
        card = cards(read("models-dev", sample("models_dev.jsonl")))["Claude Sonnet 4"]
        assert card["maker"] == "Anthropic"
        assert [(o["provider"], o["input_usd"]) for o in card["pricing"]["offers"]] == [
            ("anthropic", 3), ("cortecs", 3.307), ("google-vertex", 3),
        ]  # fmt: skip
        assert card["metrics"][0]["value"] == 4  # the free one serves it too
        assert card["context"]["tokens"] == 200_000  # the maker's, not github-copilot's 216,000
        assert card["aliases"] == ["claude-sonnet-4-20250514"]
        assert {o["read_on"] for o in card["pricing"]["offers"]} == {DAY}

    def test_free_tiers_are_no_price_and_are_named(self, read: Read) -> None:
        imported = read("models-dev", sample("models_dev.jsonl"))
        assert [row.where for row in imported.passed_over] == ["github-copilot/claude-sonnet-4"]
        assert "free tier" in imported.passed_over[0].reason

    def test_open_weights_count_though_resellers_say_no(self, read: Read) -> None:
        found = cards(read("models-dev", sample("models_dev.jsonl")))
        assert found["GPT OSS 120B"]["weights"]["open"] is True
        assert found["Claude Sonnet 4"]["weights"]["open"] is False  # its maker says so
        assert found["Grok 4.20"]["weights"] is None  # only a reseller says so

    def test_1970_is_no_day_and_a_month_is_one(self, read: Read) -> None:
        found = cards(read("models-dev", sample("models_dev.jsonl")))
        assert found["GPT OSS 120B"]["released"]["day"] == "2025-08-05"
        assert found["FLUX.1 Kontext Max"]["released"]["day"] == "2025-06"
        alone = [{**sample("models_dev.jsonl")[0], "release_date": "1970-01-01"}]
        assert cards(read("models-dev", alone))["Claude Sonnet 4"]["released"] is None

    def test_a_window_of_0_is_unknown_and_no_cost_no_offer(self, read: Read) -> None:
        card = cards(read("models-dev", sample("models_dev.jsonl")))["Fast SDXL"]
        assert card["context"] is None and card["pricing"] is None
        assert card["tasks"] == ["text-to-image"]

    def test_an_embedding_gives_vectors_and_may_cost_nothing_out(self, read: Read) -> None:
        card = cards(read("models-dev", sample("models_dev.jsonl")))["text-embedding-3-large"]
        assert card["modalities"]["output"] == ["vector"]
        assert card["pricing"]["offers"][0]["output_usd"] == 0

    def test_dearer_long_prompts_are_told(self, read: Read) -> None:
        card = cards(read("models-dev", sample("models_dev.jsonl")))["Grok 4.20"]
        assert card["pricing"]["offers"][0]["note"] == "Above 200000 tokens 2.83 in and 5.67 out"

    def test_a_price_per_token_by_mistake_is_left_out(self, read: Read) -> None:
        row = {**sample("models_dev.jsonl")[0], "cost": {"input": 3e-06, "output": 1.5e-05}}
        imported = read("models-dev", [row])
        assert imported.drafts[0].card["pricing"] is None
        assert "per token" in imported.passed_over[0].reason

    def test_the_form_of_the_site_is_read_too(self, read: Read) -> None:
        row = {
            "id": "m-1", "name": "M 1", "open_weights": True, "release_date": "2025-05",
            "modalities": {"input": ["text"], "output": ["text"]},
            "limit": {"context": 1000, "output": 2000}, "cost": {"input": 1, "output": 2},
        }  # fmt: skip
        payload = {"p": {"name": "Provider P", "models": {"m-1": row, "bad": {"id": 3}}}}
        imported = read("models-dev", payload)
        card = imported.drafts[0].card
        assert card["pricing"]["offers"][0]["provider"] == "Provider P"
        assert card["context"] == {"tokens": 1000, "source": "import_models_dev"}
        assert [row.where for row in imported.left_out] == ["p/bad"]

    def test_the_order_of_rows_decides_nothing(self, read: Read) -> None:
        rows = sample("models_dev.jsonl")
        assert cards(read("models-dev", rows)) == cards(read("models-dev", rows[::-1]))

    def test_without_a_day_it_asks_for_one(self, read: Read) -> None:
        with pytest.raises(UsageError):
            read("models-dev", sample("models_dev.jsonl"), day=None)

    @pytest.mark.parametrize("payload", [[], {}, None, 3, "x", {"p": 1}, {"p": {"models": []}}])
    def test_another_payload_gives_nothing(self, read: Read, payload: Any) -> None:
        assert read("models-dev", payload).drafts == ()

    def test_rows_that_do_not_fit_are_named(self, read: Read) -> None:
        imported = read("models-dev", [1, {"provider": "p"}, {"id": "x", "name": "()"}])
        assert [row.where for row in imported.left_out] == ["row 1", "row 2", "None/x"]


class TestOpenRouter:
    def test_text_per_token_comes_out_per_million(self, read: Read) -> None:
        card = cards(read("openrouter", sample("openrouter.json")))["Claude Sonnet 4"]
        (offer,) = card["pricing"]["offers"]
        assert (offer["input_usd"], offer["output_usd"]) == (3, 15)
        assert offer["note"] == "From 200000 prompt tokens 6 in and 22.5 out"
        assert card["maker"] == "Anthropic"
        assert card["aliases"] == ["anthropic/claude-sonnet-4"]

    def test_what_its_provider_serves_is_a_caveat(self, read: Read) -> None:
        context = cards(read("openrouter", sample("openrouter.json")))["Claude Sonnet 4"]["context"]
        assert context["tokens"] == 1_000_000 and "200000" in context["caveats"][0]

    def test_results_outside_the_registry_are_counted(self, read: Read) -> None:
        told = [row.reason for row in read("openrouter", sample("openrouter.json")).passed_over]
        assert "design_arena is no benchmark of the registry" in told
        assert all("registry" in reason for reason in told)

    def test_free_variants_and_routers_are_no_models(self, read: Read) -> None:
        base = sample("openrouter.json")["data"][1]
        rows = [
            {**base, "id": "a/m:free"},
            {**base, "id": "openrouter/auto"},
            {**base, "pricing": {"prompt": "-1", "completion": "-1"}, "benchmarks": None},
            {"id": "no-name"},
        ]
        imported = read("openrouter", {"data": rows})
        assert [row.where for row in imported.left_out] == [
            "a/m:free",
            "openrouter/auto",
            "no-name",
        ]
        assert imported.passed_over[0].reason == "its price changes with the request"

    def test_a_repository_of_the_hub_is_linked(self, read: Read) -> None:
        base = {**sample("openrouter.json")["data"][1], "hugging_face_id": "org/m"}
        card = read("openrouter", {"data": [base]}).drafts[0].card
        assert card["links"] == {"weights": "https://huggingface.co/org/m"}
        assert "weights" not in card  # a link is no proof of what may be downloaded


class TestLiteLlm:
    def test_every_unit(self, read: Read) -> None:
        found = cards(read("litellm", sample("litellm.json")))
        offers = {name: card["pricing"]["offers"][0] for name, card in found.items()}
        assert offers["small-embed"]["input_usd"] == 0.02
        assert (offers["painter-1"]["unit"], offers["painter-1"]["usd"]) == ("image", 0.04)
        assert (offers["listener-1"]["unit"], offers["listener-1"]["usd"]) == ("minute", 0.006)
        assert offers["speaker-1"]["unit"] == "million-characters"
        assert offers["speaker-1"]["usd"] == 15

    def test_providers_of_one_model_are_one_card(self, read: Read) -> None:
        card = cards(read("litellm", sample("litellm.json")))["writer-2"]
        assert [(o["provider"], o["input_usd"], o.get("note")) for o in card["pricing"]["offers"]] == [
            ("azure", 2.75, None), ("azure", 2.5, "As azure/writer-2"), ("acme", 2.5, None),
        ]  # fmt: skip
        assert card["status"] == "deprecated"  # its day has come before the file was fetched
        assert card["tasks"] == ["image-text-to-text", "text-generation"]

    def test_what_is_no_model_or_no_price_is_named(self, read: Read) -> None:
        imported = read("litellm", sample("litellm.json"))
        assert [row.where for row in imported.left_out] == [
            "512-x-512/50-steps/stability.stable-diffusion-xl-v0", "acme/search", "openai/*", "broken",
        ]  # fmt: skip
        assert imported.left_out[3].reason == "litellm_provider: field required"
        assert {row.where: row.reason for row in imported.passed_over} == {
            "misfiled/writer-2": "looks like a price per million tokens, where one per token is due",
            "subscription/writer-2": "costs nothing there: a free tier or a subscription, which is no price",
        }

    def test_names_of_clouds_are_taken_off(self, read: Read) -> None:
        assert "claude-3-haiku-20240307" in cards(read("litellm", sample("litellm.json")))


class TestOllama:
    def test_numbers_come_from_the_file_and_not_from_rounded_text(self, read: Read) -> None:
        tags, show = sample("ollama_tags.json"), sample("ollama_show.json")
        payload = {"tags": tags, "show": {"llama3.2:latest": show}}
        card = cards(read("ollama", payload, day=None))["llama3.2"]
        assert card["weights"]["parameters"] == 8030261248
        assert card["context"]["tokens"] == 8192
        assert card["tasks"] == ["image-text-to-text", "text-generation"]
        assert card["maker"] == "Meta"
        assert card["weights"]["files"][0]["size_bytes"] == 2019393189

    def test_a_model_that_was_not_shown_keeps_what_tags_say(self, read: Read) -> None:
        card = cards(read("ollama", {"tags": sample("ollama_tags.json")}))["deepseek-r1"]
        assert card["weights"]["formats"] == ["gguf"] and "parameters" not in card["weights"]
        assert card["context"] is None

    def test_licences_and_abilities(self, read: Read) -> None:
        show = {
            "license": "                 Apache License\n           Version 2.0, January 2004",
            "capabilities": ["completion", "tools", "thinking"],
            "details": {}, "model_info": {},
        }  # fmt: skip
        tags = {
            "models": [{"name": "me/writer:7b"}, {"size": 3}, {"name": "far", "remote_model": "x"}]
        }
        imported = read("ollama", {"tags": tags, "show": {"me/writer:7b": show}})
        card = cards(imported)["writer-7b"]
        assert card["licence"]["id"] == "Apache-2.0"
        assert [c["tag"] for c in card["capabilities"]] == [
            "text-generation", "tool-calling", "reasoning-trace", "runs-locally",
        ]  # fmt: skip
        assert "weights" not in cards(imported)["far"]
        assert imported.left_out[0].where == "model 2"


class TestHub:
    def read_one(self, read: Read, **changes: Any) -> Imported:
        model = {"id": "org/m", "pipeline_tag": "text-generation", **changes}
        return read("hf", [hub.Repository(model)])

    def test_the_answer_of_the_api(self, read: Read) -> None:
        answer = {
            "author": "org", "downloads": 12, "likes": 0, "gated": "auto",
            "createdAt": "2024-10-22T00:00:00.000Z", "lastModified": "2024-10-23T12:34:56.000Z",
            "library_name": "diffusers", "tags": ["arxiv:2401.12345", "license:mit", "onnx"],
            "safetensors": {"parameters": {"BF16": 8}, "total": 8},
            "siblings": [{"rfilename": "a/model.safetensors"}, {"rfilename": "training_args.bin"}],
            "childrenModelCount": 7,
            "inferenceProviderMapping": {"p": {"status": "live"}, "q": {"status": "staging"}},
        }  # fmt: skip
        card = self.read_one(read, **answer).drafts[0].card
        assert card["weights"] == {
            "open": True, "gated": True, "parameters": 8, "formats": ["safetensors"],
            "source": "import_hub",
        }  # fmt: skip
        assert {m["metric"]: m["value"] for m in card["metrics"]} == {
            "hf_downloads_30d": 12, "hf_likes": 0, "derivatives": 7, "api_providers": 1,
        }  # fmt: skip
        assert {m["read_on"] for m in card["metrics"]} == {DAY}
        assert card["licence"]["id"] == "MIT"
        assert card["links"]["paper"] == "https://arxiv.org/abs/2401.12345"
        assert [i["name"] for i in card["ecosystem"]["integrations"]] == [
            "Diffusers",
            "ONNX Runtime",
        ]
        assert (card["released"]["day"], card["maintained"]["day"]) == ("2024-10-22", "2024-10-23")

    def test_the_day_that_the_hub_filled_in_is_no_release(self, read: Read) -> None:
        card = self.read_one(read, createdAt="2022-03-02T23:29:04.000Z").drafts[0].card
        assert card["released"] is None

    def test_packed_parameters_are_not_counted(self, read: Read) -> None:
        packed = {"parameters": {"I32": 900, "F16": 100}, "total": 1000}
        imported = self.read_one(read, safetensors=packed)
        assert imported.drafts[0].card["weights"] is None
        assert "packed" in imported.passed_over[0].reason

    def test_no_figure_needs_no_day(self, read: Read) -> None:
        payload = [hub.Repository({"id": "org/m", "pipeline_tag": "text-generation"})]
        assert read("hf", payload, day=None).drafts
        with pytest.raises(UsageError):
            read("hf", [hub.Repository({**payload[0].model, "likes": 3})], day=None)

    @pytest.mark.parametrize(
        ("model", "reason"),
        [
            ({"id": "org/m"}, "names no task"),
            ({"id": "org/m", "pipeline_tag": "cooking"}, "cooking is no task"),
            ({"id": "../etc"}, None),
            ({"id": "a/b/c"}, "is no name of a repository"),
            ({"likes": "many"}, None),
            ("text", None),
        ],
    )
    def test_what_is_no_model_is_named(self, read: Read, model: Any, reason: str | None) -> None:
        imported = read("hf", [hub.Repository(model)])
        assert imported.drafts == ()
        assert reason is None or imported.left_out[0].reason == reason

    def repository(self) -> hub.Repository:
        folder = CASES / "imports" / "repository"
        texts = [
            (folder / name).read_text() for name in ("README.md", ".eval_results/results.yaml")
        ]
        return hub.Repository({"id": "example-org/letters-7b"}, texts[0], (texts[1],))

    def test_results_stand_under_keys_of_the_registry_with_their_tier(
        self, read: Read, registry: Registry
    ) -> None:
        card = read("hf", [self.repository()]).drafts[0].card
        told = {
            (b["name"], b.get("shots")): (b["value"], b["tier"], b.get("as_of"), b.get("read_on"))
            for b in card["benchmarks"]
        }
        assert told == {
            ("GPQA", None): (41.2, "maker", None, DAY),
            ("GSM8K", None): (84.0, "independent", None, DAY),
            ("HellaSwag", None): (81.5, "maker", None, DAY),  # a mark without its proof
            ("MMLU", 5): (62.1, "maker", None, DAY),
            ("MMLU-Pro", None): (41.5, "independent", "2026-01-15", None),
        }
        assert all(
            any((row.name, row.version, row.metric) == (b["name"], b.get("version"), b["metric"]) for row in registry.benchmarks)
            for b in card["benchmarks"]
        )  # fmt: skip
        assert card["sources"]["import_hub_results"]["url"].endswith("/logs")

    def test_results_the_registry_does_not_know_are_named(self, read: Read) -> None:
        told = [row.reason for row in read("hf", [self.repository()]).passed_over]
        assert any("example-org/unheard-of is no benchmark" in reason for reason in told)
        assert any("inst_level_strict_acc" in reason for reason in told)
        assert any("its value is no number" in reason for reason in told)
        assert any("given more than once" in reason for reason in told)
        assert any("names no data set" in reason for reason in told)

    def test_the_front_matter_and_the_first_words(self, read: Read) -> None:
        card = read("hf", [self.repository()]).drafts[0].card
        assert (
            card["summary"]
            == "Example Model is a language model for office letters. It writes in two languages."
        )
        assert card["licence"]["id"] == "LicenseRef-example-community-license"
        assert card["capabilities"][1]["description"] == "Languages its card names: en, de, no."

    def test_front_matter_that_is_no_yaml_costs_only_itself(self, read: Read) -> None:
        readme = (
            "---\nlicense: [\n---\nA sentence that is long enough to stand as what a model is.\n"
        )
        model = {"id": "org/m", "pipeline_tag": "text-generation"}
        imported = read("hf", [hub.Repository(model, readme)])
        assert len(imported.drafts) == 1 and len(imported.passed_over) == 1

    def test_results_as_the_api_sends_them(self, read: Read) -> None:
        results = [
            {"filename": "x.yaml", "error": "invalid"},
            {
                "filename": "y.yaml",
                "data": {"dataset": {"id": "openai/gsm8k", "task_id": "d"}, "value": 0.9},
            },
        ]
        card = self.read_one(read, evalResults=results).drafts[0].card
        assert [(b["name"], b["value"]) for b in card["benchmarks"]] == [("GSM8K", 90.0)]

    def test_a_value_outside_its_range_is_not_taken(self, read: Read) -> None:
        results = [{"dataset": {"id": "openai/gsm8k", "task_id": "default"}, "value": 840}]
        imported = self.read_one(read, evalResults=results)
        assert imported.drafts[0].card["benchmarks"] == []
        assert "outside its range" in imported.passed_over[0].reason


def table(
    *rows: Any, columns: dict[str, str] | None = None, title: str = "list.jsonl"
) -> jsonl.Table:
    placed = [(f"f:{number}", row) for number, row in enumerate(rows, 1)]
    return jsonl.Table(placed, title, None, columns or {})


class TestJsonl:
    def test_common_columns_are_found(self, read: Read) -> None:
        row = {
            "id": "own/m-1", "name": "M 1", "owner": "own", "task": "Text to Image",
            "description": "Paints.", "functionality": "Painting", "license": "mit",
            "context_length": "4,096", "open_weights": "true", "parameters": 5,
            "downloads_30d": 7, "as_of": "<=2026-10",
        }  # fmt: skip
        card = read("jsonl", table(row), day=None).drafts[0].card
        assert (card["name"], card["maker"], card["tasks"]) == ("M 1", "own", ["text-to-image"])
        assert card["capabilities"][0]["title"] == "Painting"
        assert card["context"]["tokens"] == 4096
        assert card["weights"]["parameters"] == 5
        assert card["metrics"][0]["as_of"] == "2026-10"
        assert "no later" in card["metrics"][0]["note"]
        assert list(card["sources"]) == ["import_list_jsonl"]

    def test_columns_are_named_and_constants_given(self, read: Read) -> None:
        columns = jsonl.parse_columns("name=Model,task=deep.use,maker=:My team,hf_likes=l,id=")
        row = {"Model": "M", "deep": {"use": "fill-mask"}, "l": 3, "id": "ignored"}
        card = read("jsonl", table(row, columns=columns)).drafts[0].card
        assert (card["name"], card["maker"], card["metrics"][0]["value"]) == ("M", "My team", 3)

    def test_a_word_it_does_not_know_is_refused_with_the_nearest(self) -> None:
        with pytest.raises(UsageError) as caught:
            jsonl.parse_columns("licens=x")
        assert "licence" in str(caught.value.hint)

    def test_downloads_and_prices_of_an_unknown_kind_are_not_guessed(self, read: Read) -> None:
        row = {"name": "M", "task": "fill-mask", "downloads": 9, "likes": 9, "price": 3}
        card = read("jsonl", table(row), day=None).drafts[0].card
        assert card["metrics"] == []
        assert jsonl.unused_columns(table(row)) == ["downloads", "likes", "price"]

    @pytest.mark.parametrize("suffix", ["usd", "usd_per_token"])
    def test_either_unit_of_price(self, read: Read, suffix: str) -> None:
        factor = 1_000_000 if suffix.endswith("token") else 1
        row = {
            "name": "M",
            "task": "fill-mask",
            "provider": "P",
            f"input_{suffix}": 3 / factor,
            f"output_{suffix}": 15 / factor,
        }
        (offer,) = read("jsonl", table(row)).drafts[0].card["pricing"]["offers"]
        assert (offer["provider"], offer["input_usd"], offer["output_usd"]) == ("P", 3, 15)

    def test_figures_without_any_day_ask_for_one(self, read: Read) -> None:
        with pytest.raises(UsageError):
            read("jsonl", table({"name": "M", "task": "fill-mask", "github_stars": 3}), day=None)

    def test_rows_that_do_not_fit_are_named_with_their_line(self, read: Read) -> None:
        imported = read(
            "jsonl",
            table({"name": "M"}, 3, {"task": "fill-mask"}, {"name": "M", "task": "cooking"}),
        )
        assert [(row.where, row.reason) for row in imported.left_out] == [
            ("f:1", "says no task"),
            ("f:2", "is not an object (key: value)"),
            ("f:3", "says neither name nor id"),
            ("f:4", "cooking is no task"),
        ]

    def test_a_task_may_stand_inside_a_domain(self, read: Read) -> None:
        row = {"name": "M", "task": "classification", "domain": "Audio Audio Classification"}
        assert read("jsonl", table(row)).drafts[0].card["tasks"] == ["audio-classification"]

    def test_hostile_text_is_made_harmless(self, read: Read) -> None:
        row = {
            "name": "M\u202e\u0000: [x]",
            "task": "fill-mask",
            "description": "a\nb\t\x1b[31m# c: d",
        }
        assert read("jsonl", table(row)).drafts[0].card["summary"] == "a b [31m# c: d"


@pytest.mark.slow
def test_nine_hundred_rows_of_a_catalogue_are_nine_hundred_cards(registry: Registry) -> None:
    rows = [
        {
            "id": f"owner-{number % 7}/model-{number // 3}" if number % 40 else f"short-{number}",
            "name": f"model-{number // 3}" if number % 40 else f"short-{number}",
            "owner": f"owner-{number % 7}" if number % 40 else None,
            "id_status": "full",
            "task": ["text2text-generation", "conversational", "classification"][number % 3],
            "domain": "Audio Audio Classification",
            "functionality": "Something",
            "description": f"Model number {number} does: things, [all] of them.",
            "performance": {"dataset": "superb", "accuracy": {"a": 0.5}},
        }
        for number in range(900)
    ]  # fmt: skip
    imported = IMPORTERS["jsonl"].read(table(*rows), Wanted(registry))
    plan = plan_import(imported, {}, lambda _: None, registry)
    assert len(plan.changes) == 900 and plan.left_out == ()
    assert len({change.id for change in plan.changes}) == 900
    for change in plan.changes:
        assert parse_yaml(change.text.encode(), change.id).value["id"] == change.id


def test_the_page_names_every_source_and_every_meaning() -> None:
    page = (CASES.parents[1] / "docs" / "importing.md").read_text(encoding="utf-8")
    assert [name for name in IMPORTERS if f"`{name}" not in page] == []
    assert [meaning for meaning in jsonl.COLUMNS if f"`{meaning}`" not in page] == []
