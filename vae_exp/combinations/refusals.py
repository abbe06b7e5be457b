"""What was refused, remembered in a file of the atlas's folder beside what all of it shares."""

import json
from pathlib import Path

from vae_exp.combinations.atlas_map import Atlas
from vae_exp.storage.atomic_write import atomic_write

FILE = "atlas.json"


class Refusals(dict[str, str]):
    """The line that refused a combination, by its name.

    Raises:
        ValueError: the folder's runs were trained with other words than these.
    """

    def __init__(self, folder: Path, atlas: Atlas):
        self.file = folder / FILE
        self.same = {"all": atlas.all, "beside": atlas.beside}
        try:
            found = json.loads(self.file.read_text())
            super().__init__(found["refused"])
            same = found["same"]
        except FileNotFoundError:
            folder.mkdir(parents=True, exist_ok=True)
            super().__init__()
            return
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{self.file}: expected what an atlas remembers ({error})") from error
        if same != self.same:
            raise ValueError(
                f"--folder: expected the words that its runs were trained with, {self.file}, got "
                "others; take another folder"
            )

    def remember(self, name: str, line: str) -> None:
        self[name] = line
        self.save()

    def save(self) -> None:
        with atomic_write(self.file) as path:
            path.write_text(json.dumps({"same": self.same, "refused": self}, indent=1))
