"""Every sample of every document: listed, as printed, valid against its schema."""

import os

import pytest
from samples import (
    DOCUMENTS,
    Block,
    Sample,
    all_samples,
    apis_with_samples,
    document_lines,
    find_blocks,
    samples_of,
    validator,
)

SAMPLES = all_samples()
JSON_SAMPLES = [sample for sample in SAMPLES if sample.kind == "json" and sample.schema]


def identity(sample: Sample) -> str:
    """The name of a test."""
    return f"{sample.api}-{sample.id}"


def lines_or_skip(document: str) -> list[str]:
    """The document's lines; without the documents beside the checkout the test is skipped, in CI it fails."""
    if not (DOCUMENTS / document).exists():
        if os.environ.get("CI"):
            pytest.fail(f"CI needs the documents: {document} is not in ../shared/docs")
        pytest.skip("the documents are not beside this checkout")
    return document_lines(document)


@pytest.mark.parametrize("api", apis_with_samples())
def test_every_block_of_the_document_is_listed(api: str) -> None:
    """Each JSON or curl block of the document has an entry of its kind, with at most a few lines above it."""
    samples = samples_of(api)
    missing = [
        block
        for block in find_blocks(lines_or_skip(samples[0].document))
        if not any(covers(sample, block) for sample in samples)
    ]
    assert missing == []


def covers(sample: Sample, block: Block) -> bool:
    """Whether an entry is about a block; words just above it, which name it, may belong to the entry."""
    first, last = sample.lines
    return sample.kind == block.kind and block.first - 2 <= first <= block.first and last == block.last


@pytest.mark.parametrize("sample", SAMPLES, ids=identity)
def test_the_text_is_the_documents(sample: Sample) -> None:
    """An entry's text equals the lines it names, letter by letter."""
    first, last = sample.lines
    assert sample.text == "\n".join(lines_or_skip(sample.document)[first - 1 : last])


@pytest.mark.parametrize("api", apis_with_samples())
def test_ids_are_unique(api: str) -> None:
    """Each sample of an API has a name of its own."""
    ids = [sample.id for sample in samples_of(api)]
    assert sorted(set(ids)) == sorted(ids)


@pytest.mark.parametrize("sample", JSON_SAMPLES, ids=identity)
def test_json_fits_its_schema(sample: Sample) -> None:
    """A JSON sample, or the value it stands for, is valid against the schema it names."""
    assert sample.schema is not None
    errors = validator(sample.schema).iter_errors(sample.value())
    assert [f"{error.json_path}: {error.message}" for error in errors] == []


@pytest.mark.parametrize("sample", SAMPLES, ids=identity)
def test_json_without_schema_says_why(sample: Sample) -> None:
    """A JSON sample that no schema describes gives its reason."""
    assert sample.kind != "json" or sample.schema or sample.member.get("why")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{}", [Block("json", 1, 1)]),
        ('text\nmessage: {\n"a": "}" // }\n}\nmore', [Block("json", 2, 4)]),
        ("[1] is a footnote", []),
        ("{\nfile: <File>,\ndata: {\n}\n}", [Block("json", 1, 5)]),
        ("$ curl x\n-H 'a'\n-d '{\n\n}'\n{\n}", [Block("curl", 1, 5), Block("json", 6, 7)]),
        ("> curl x \\\n|\n|\n-d '{}';\n|\n{\n|\n}", [Block("curl", 1, 4), Block("json", 6, 8)]),
        ("> curl x\n|\ntext", [Block("curl", 1, 1)]),
        ("use curl x", []),
    ],
)
def test_finder(text: str, found: list[Block]) -> None:
    """The finder knows each way in which the documents print JSON and curl."""
    assert list(find_blocks(text.split("\n"))) == found
