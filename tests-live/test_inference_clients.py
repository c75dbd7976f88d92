"""Real clients of the Open Inference Protocol v2 against imported models: the numbers are those of the library that made them.

The models and their answers are the golden files of Tests/ForestTests/Golden, made by real XGBoost and LightGBM libraries.
"""

import json
import math
import pathlib
import struct
import subprocess

import numpy
import pytest
import tritonclient.http as triton
from open_inference.openapi.client import OpenInferenceClient, InferenceRequest
from open_inference.openapi.core.api_error import ApiError
from tritonclient.utils import InferenceServerException

from server import Server

GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "Tests/ForestTests/Golden"


class Answers:
    """What the library said of its own rows: see the README beside the files."""

    def __init__(self, name: str):
        data = (GOLDEN / f"{name}.expected").read_bytes()
        count, width = struct.unpack_from("<II", data)
        wide = name.startswith("lgb-")
        numbers = numpy.frombuffer(data, "<f8" if wide else "<f4", offset=8)
        self.rows = numbers[:count * width].reshape(count, width).copy()
        self.margins = numbers[count * width:count * (width + 1)]
        start = count * (width + 2 if wide else width + 1)
        self.contributions = numbers[start:].reshape(count, width + 1)
        self.datatype = "FP64" if wide else "FP32"


def imported(binary: str, folder: pathlib.Path, model: str, names: list[str], rows) -> pathlib.Path:
    """`leadwire import-model` with a reference of these rows."""
    cells = [",".join("" if isinstance(v, float) and math.isnan(v) else str(v) for v in row) for row in rows]
    reference = folder / "reference.csv"
    reference.write_text("\n".join([",".join(names), *cells]))
    artifact = folder / "model.leadwire"
    done = subprocess.run(
        [binary, "import-model", str(GOLDEN / model), "--out", str(artifact), "--reference", str(reference)],
        capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return artifact


NAMES = ["rooms", "budget", "days", "visits", "score", "channel", "district", "count"]
MODELS = ["lgb-4.7.0-categorical", "lgb-3.3.5-zero-missing", "lgb-4.7.0-rf", "lgb-4.7.0-deep", "3.4.1-categorical",
          "1.7.4-numeric"]


@pytest.fixture(scope="module", params=MODELS)
def served(request, binary, tmp_path_factory):
    folder = tmp_path_factory.mktemp("inference")
    answers = Answers(request.param)
    file = request.param + (".txt" if answers.datatype == "FP64" else ".json")
    plain = [[float(value) for value in row] for row in answers.rows[:24]]
    artifact = imported(binary, folder, file, NAMES, plain)
    running = Server(binary, folder / "data", arguments=("--model", str(artifact))).start()
    yield running, answers
    running.stop()


@pytest.fixture(scope="module")
def named(binary, tmp_path_factory):
    """A model with category names of its own, from a pandas table."""
    folder = tmp_path_factory.mktemp("named")
    rows = [[n % 8 + 1, ["direct", "google", "partner site"][n % 3], [1, 3, 7][n % 3]] for n in range(30)]
    artifact = imported(binary, folder, "lgb-4.7.0-named-categories.txt", ["rooms", "channel", "floor"], rows)
    running = Server(binary, folder / "data", arguments=("--model", str(artifact))).start()
    yield running
    running.stop()


def client(server: Server) -> triton.InferenceServerClient:
    return triton.InferenceServerClient(f"localhost:{server.port}")


def tensor(rows, datatype: str, binary: bool = True, name: str = "features"):
    rows = numpy.asarray(rows)
    given = triton.InferInput(name, list(rows.shape), datatype)
    given.set_data_from_numpy(rows, binary_data=binary)
    return given


def wanted(*names: str, binary: bool = True):
    return [triton.InferRequestedOutput(name, binary_data=binary) for name in names]


def same_bits(ours, theirs) -> bool:
    return numpy.array_equal(ours.view(numpy.uint8), numpy.ascontiguousarray(theirs).view(numpy.uint8))


def test_tritonclient_finds_a_live_and_ready_server_and_a_described_model(served):
    server, answers = served
    ask = client(server)
    assert ask.is_server_live() and ask.is_server_ready() and ask.is_model_ready("leadwire")
    assert "binary_tensor_data" in ask.get_server_metadata()["extensions"]
    model = ask.get_model_metadata("leadwire")
    assert model["inputs"] == [{"name": "features", "datatype": answers.datatype, "shape": [-1, 8]}]
    assert [(each["name"], each["datatype"], each["shape"]) for each in model["outputs"]] == [
        ("margin", answers.datatype, [-1]), ("probability", "FP64", [-1]), ("shap", "FP64", [-1, 9])]
    assert ask.is_model_ready("leadwire", model["versions"][0])
    assert not ask.is_model_ready("another") and not ask.is_model_ready("leadwire", "7")


def test_tritonclient_gets_the_library_s_bits_in_raw_tensors(served):
    """Every golden row: missing values, infinities, zeros of both signs, ties with thresholds, odd categories."""
    server, answers = served
    result = client(server).infer(
        "leadwire", [tensor(answers.rows, answers.datatype)], outputs=wanted("margin", "probability", "shap"),
        request_id="golden")
    assert result.get_response()["id"] == "golden"
    assert same_bits(result.as_numpy("margin"), answers.margins)
    shap = result.as_numpy("shap")
    assert shap.shape == answers.contributions.shape
    tolerance = 1e-12 if answers.datatype == "FP64" else 1e-5
    assert numpy.abs(shap - answers.contributions).max() < tolerance
    assert ((result.as_numpy("probability") > 0) & (result.as_numpy("probability") < 1)).all()


def test_without_named_outputs_margin_and_probability_come_raw(served):
    server, answers = served
    result = client(server).infer("leadwire", [tensor(answers.rows[:3], answers.datatype)])
    assert same_bits(result.as_numpy("margin"), answers.margins[:3])
    assert result.as_numpy("probability").shape == (3,) and result.as_numpy("shap") is None


def test_json_tensors_give_the_same_numbers(served):
    server, answers = served
    known = [index for index, row in enumerate(answers.rows) if numpy.isfinite(row).all()]
    rows, margins = answers.rows[known], answers.margins[known]
    assert len(known) > 15
    result = client(server).infer(
        "leadwire", [tensor(rows, answers.datatype, binary=False)], outputs=wanted("margin", "shap", binary=False))
    assert same_bits(result.as_numpy("margin"), margins)
    if answers.datatype == "FP64":
        raw = client(server).infer("leadwire", [tensor(rows, "FP64")], outputs=wanted("shap"))
        assert same_bits(result.as_numpy("shap"), raw.as_numpy("shap"))


def test_null_is_missing_in_json_and_nan_in_raw(served):
    server, answers = served
    missing = [index for index, row in enumerate(answers.rows) if not numpy.isinf(row).any() and numpy.isnan(row).any()]
    rows = [[None if math.isnan(value) else float(value) for value in answers.rows[index]] for index in missing]
    # A decimal of a Float is longer than a Float needs, but rounds to it.
    body = {"inputs": [{"name": "x", "shape": [len(rows), 8], "datatype": answers.datatype, "data": rows}]}
    answer = server.post("/v2/models/leadwire/infer", body)
    assert answer.status == 200, answer.body
    margins = numpy.array(answer.json["outputs"][0]["data"], answers.margins.dtype)
    assert same_bits(margins, answers.margins[missing])


def test_a_generated_client_of_the_protocol_s_own_description_agrees(served):
    server, answers = served
    ask = OpenInferenceClient(base_url=server.base)
    ask.check_server_liveness()
    ask.check_server_readiness()
    ask.check_model_readiness("leadwire")
    assert ask.read_server_metadata().name == "leadwire"
    model = ask.read_model_metadata("leadwire")
    ask.check_model_version_readiness("leadwire", model.versions[0])
    assert model.properties["feature_names"] == ",".join(NAMES)
    known = [index for index, row in enumerate(answers.rows) if numpy.isfinite(row).all()][:10]
    request = InferenceRequest(id="a", inputs=[{
        "name": "features", "shape": [len(known), 8], "datatype": answers.datatype,
        "data": [float(value) for value in answers.rows[known].flatten()]}])
    for answer in (ask.model_infer("leadwire", request=request),
                   ask.model_version_infer("leadwire", model.versions[0], request=request)):
        assert answer.id == "a" and answer.model_name == "leadwire"
        margin = next(output for output in answer.outputs if output.name == "margin")
        assert same_bits(numpy.array(margin.data.__root__, answers.margins.dtype), answers.margins[known])
    with pytest.raises(ApiError) as refused:
        ask.model_infer("nobody", request=request)
    assert refused.value.status_code == 404


def test_names_as_bytes_are_the_codes_as_numbers(named):
    rows = [["5", "google", "7"], ["2", "direct", "3"], ["2", "größer, \"é\"", "1"], ["3", "nowhere", "7"], ["4", "", ""]]
    nan = math.nan
    codes = numpy.array([[5, 1, 2], [2, 0, 1], [2, 2, 0], [3, nan, 2], [4, nan, nan]])
    ask = client(named)
    numbers = ask.infer("leadwire", [tensor(codes, "FP64")], outputs=wanted("margin")).as_numpy("margin")
    for binary in (True, False):
        texts = numpy.array(rows, dtype=object)
        result = ask.infer("leadwire", [tensor(texts, "BYTES", binary)], outputs=wanted("margin", binary=binary))
        assert same_bits(result.as_numpy("margin"), numbers)
    columns = [tensor(numpy.array([row[1] for row in rows], dtype=object), "BYTES", name="channel"),
               tensor(numpy.array([[5], [2], [2], [3], [4]], dtype=numpy.int64), "INT64", name="rooms"),
               tensor(numpy.array([row[2] for row in rows], dtype=object), "BYTES", name="floor")]
    assert same_bits(ask.infer("leadwire", columns, outputs=wanted("margin")).as_numpy("margin"), numbers)
    # A column that is not given is missing.
    short = ask.infer("leadwire", columns[:2], outputs=wanted("margin")).as_numpy("margin")
    codes[:, 2] = nan
    assert same_bits(short, ask.infer("leadwire", [tensor(codes, "FP64")], outputs=wanted("margin")).as_numpy("margin"))


@pytest.mark.parametrize("datatype,dtype", [("INT8", "i1"), ("UINT8", "u1"), ("INT16", "i2"), ("UINT16", "u2"),
                                            ("INT32", "i4"), ("UINT32", "u4"), ("INT64", "i8"), ("UINT64", "u8"),
                                            ("FP16", "f2"), ("FP32", "f4"), ("FP64", "f8"), ("BOOL", "?")])
def test_every_number_type_means_its_numbers(named, datatype, dtype):
    rows = numpy.array([[1, 0, 1], [0, 1, 0], [1, 1, 1]]).astype(dtype)
    ask = client(named)
    ours = ask.infer("leadwire", [tensor(rows, datatype)], outputs=wanted("margin")).as_numpy("margin")
    same = ask.infer("leadwire", [tensor(rows.astype("f8"), "FP64")], outputs=wanted("margin")).as_numpy("margin")
    assert same_bits(ours, same)


@pytest.mark.parametrize("refused,status", [
    (lambda ask: ask.infer("nobody", [tensor(numpy.zeros((1, 3)), "FP64")]), "404"),
    (lambda ask: ask.infer("leadwire", [tensor(numpy.zeros((1, 3)), "FP64")], model_version="9"), "404"),
    (lambda ask: ask.infer("leadwire", [tensor(numpy.zeros((1, 2)), "FP64")]), "422"),
    (lambda ask: ask.infer("leadwire", [tensor(numpy.zeros((2, 2, 3)), "FP64")]), "422"),
    (lambda ask: ask.infer("leadwire", [tensor(numpy.zeros((1, 3)), "FP64")], outputs=wanted("colour")), "422"),
    (lambda ask: ask.infer("leadwire", [tensor(numpy.array([["a lot", "google", "1"]], dtype=object), "BYTES")]), "422"),
    (lambda ask: ask.infer("leadwire", [tensor(numpy.zeros(3), "FP64", name="rooms"),
                                        tensor(numpy.zeros(2), "FP64", name="floor")]), "422"),
    (lambda ask: ask.infer("leadwire", [tensor(numpy.zeros(3), "FP64", name="rooms"),
                                        tensor(numpy.zeros(3), "FP64", name="rooms")]), "422"),
    (lambda ask: ask.infer("leadwire", [tensor(numpy.full((1, 3), math.nan), "FP64", binary=False)]), "400"),
])
def test_what_is_wrong_is_a_typed_refusal(named, refused, status):
    with pytest.raises(InferenceServerException) as error:
        refused(client(named))
    assert error.value.status() == status, error.value.message()


@pytest.mark.parametrize("length,size,raw", [
    ("100000", 24, b"\0" * 24), ("-1", 24, b"\0" * 24), ("x", 24, b"\0" * 24), (None, 23, b"\0" * 23),
    (None, 24, b"\0" * 23), (None, 24, b"\0" * 25), (None, -1, b""), (None, 2 ** 62, b"\0" * 24),
])
def test_raw_lengths_that_do_not_add_up_are_refused(named, length, size, raw):
    head = json.dumps({"inputs": [{"name": "x", "shape": [1, 3], "datatype": "FP64",
                                   "parameters": {"binary_data_size": size}}]}).encode()
    answer = named.post("/v2/models/leadwire/infer", head + raw, headers={
        "Content-Type": "application/octet-stream", "Inference-Header-Content-Length": length or str(len(head))})
    assert answer.status == 422 and answer.json["error"] == "validation_failed", answer.body


def lead_model(names: list[str]) -> str:
    """A LightGBM text of one tree over the 28 features: financing first, then how exact the budget is."""
    readiness, budget = names.index("financing_readiness_score"), names.index("budget_specificity_score")
    infos = " ".join("[0:1]" for _ in names)
    return f"""tree
version=v4
num_class=1
num_tree_per_iteration=1
label_index=0
max_feature_idx={len(names) - 1}
objective=binary sigmoid:1
feature_names={" ".join(names)}
feature_infos={infos}

Tree=0
num_leaves=3
num_cat=0
split_feature={readiness} {budget}
threshold=0.55 0.65
decision_type=10 10
left_child=1 -1
right_child=-2 -3
leaf_value=-3.25 -0.5 -1.75
leaf_count=60 20 20
internal_count=100 80
is_linear=0
shrinkage=1

end of trees
"""


def test_a_lightgbm_model_of_the_28_features_scores_leads_and_can_be_promoted(binary, own_server, tmp_path):
    names = own_server.get("/v2/models/leadwire").json["properties"]["feature_names"].split(",")
    assert len(names) == 28
    (tmp_path / "model.txt").write_text(lead_model(names))
    rows = [",".join("" if name not in ("financing_readiness_score", "budget_specificity_score") else str(value)
                     for name in names) for value in [0, 0.2, 0.4, 0.6, 0.8] * 6]
    (tmp_path / "reference.csv").write_text("\n".join([",".join(names), *rows]))
    done = subprocess.run(
        [binary, "import-model", "model.txt", "--out", "m.leadwire", "--reference", "reference.csv"], cwd=tmp_path,
        capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    added = own_server.post("/api/v1/ml/models", (tmp_path / "m.leadwire").read_bytes(),
                            headers={"Content-Type": "application/octet-stream"})
    assert added.status == 201 and added.json["state"] == "challenger", added.body
    version = added.json["model"]["version"]
    assert own_server.post(f"/api/v1/ml/models/{version}/promote", {}).status == 200
    expected = {"pre-approved for a loan": -0.5, "our budget is $450,000, we need a loan": -1.75, "hello there": -3.25}
    for message, margin in expected.items():
        score = own_server.score("lgb", message=message, force_refresh=True)
        assert score["margin"] == margin and score["model"]["version"] == version
        assert abs(score["base_value"] + sum(score["shap_values"].values()) - margin) < 1e-5
    explanation = own_server.get("/api/v1/ml/leads/lgb/explanation").json
    assert explanation["counterfactuals_status"] == "found"
    assert explanation["counterfactuals"][0]["changes"][0]["action"] in ("get_pre_approval", "ask_budget")
    assert own_server.get("/v2/models/leadwire").json["inputs"][0]["datatype"] == "FP64"


def test_a_page_of_another_origin_may_not_ask_even_without_a_content_type(named):
    answer = named.post("/v2/models/leadwire/infer", b"{}", headers={
        "Content-Type": "text/plain", "Origin": "http://elsewhere.example"})
    assert answer.status == 403
    assert named.post("/v2/models/leadwire/infer", b"{}", headers={"Content-Type": "text/plain"}).status == 415
