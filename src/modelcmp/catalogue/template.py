"""The card that `new` writes: valid as it stands, with a word on every field that waits to be filled in."""

from __future__ import annotations

from modelcmp.catalogue.writing import write_scalar

_TEMPLATE = """\
# {id}: a card to fill in. Take the # off the lines you know something for and leave out what is unknown:
# nothing is ever taken for 0, for free or for "no". `modelcmp validate` checks the file,
# `modelcmp explain SIGNAL` tells what a number earns.
id: {id}
name: {name}
# aliases: [other-name, {id}-v1]      # what else people type
maker: not stated                     # who made it
summary: What it is, in one sentence. # shown in lists and searched
tasks: [{task}]              # what it is for, the first one leads: pipeline tags of Hugging Face
modalities:                           # text, image, audio, video, tabular, vector, label, 3d or action
  input: [{input}]
  output: [{output}]

# Every number needs a source, by its key below, and a day: as_of is the day the page speaks for,
# read_on the day you read a page that carries none.

# released:
#   day: 2026-05-04                   # or 2026-05, or 2026
#   source: page
# maintained:                         # last release, or the makers saying that they care for it
#   day: 2026-10-01
#   source: page

# licence:
#   id: Apache-2.0                    # SPDX, or LicenseRef- and a name
#   licence_class: permissive         # permissive, copyleft, use-restricted, community, research or closed
#   commercial: allowed               # allowed, conditional, forbidden or disputed
#   source: page

# weights:
#   open: true                        # may anybody download them
#   parameters: 7241732096
#   formats: [safetensors, gguf]
#   source: page

# context:
#   tokens: 32768
#   max_output_tokens: 8192
#   source: page

# pricing:
#   offers:                           # million-tokens takes input_usd and output_usd; image, minute,
#     - provider: Somebody            # million-characters and month take usd
#       unit: million-tokens
#       input_usd: 0.5
#       output_usd: 1.5
#       source: page
#       read_on: 2026-11-02

# metrics:                            # hf_downloads_30d, hf_likes, github_stars, ollama_pulls,
#   - metric: hf_downloads_30d        # api_providers or derivatives
#     value: 12345
#     repository: owner/name
#     source: page
#     as_of: 2026-11-01

# benchmarks:                         # docs/method.md lists the names that are scored
#   - name: MMLU
#     metric: accuracy
#     shots: 5
#     value: 62.1
#     tier: maker                     # own-run, independent, maker or unsourced
#     source: page
#     read_on: 2026-11-02

# ecosystem:
#   integrations:
#     - name: llama.cpp
#       source: page
#   sdk_languages: [python]
#   sdk_source: page

# capabilities:                       # what it can do; tags make models comparable
#   - id: chat
#     kind: task                      # task, interface, deployment, customisation, limit, variant or licence
#     tag: {task}            # for kind task a task, else a tag of the registry or x-YOURS
#     title: A few words
#     description: One or two sentences of fact.
#     unique: What sets it apart here, as far as the sources carry it.
#     alternatives:
#       - model: bakllava             # a card, where there is one
#         text: How the other one does it.
#     claim: stated                   # verified, stated, disputed or unsourced
#     source: page

# limitations:
#   - text: What it does badly or not at all.
#     source: page

# best_for:
#   - A use it suits

sources:
  page:                               # a key of your own
    title: The page you read
    # url: https://example.org/model
    # read_on: 2026-11-02
"""


def card_template(
    model_id: str, name: str, task: str, inputs: tuple[str, ...], outputs: tuple[str, ...]
) -> str:
    """Return the text of a card that is valid before anything was filled in."""
    return _TEMPLATE.format(
        id=model_id,
        name=write_scalar(name),
        task=task,
        input=", ".join(inputs),
        output=", ".join(outputs),
    )
