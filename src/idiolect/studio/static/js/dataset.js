// One frozen dataset: clips to hear, and files for other tools.

import { post } from "./api.js";
import { all, data } from "./dom.js";
import { lookNow } from "./jobs.js";
import "./player.js";
import { tell } from "./tell.js";
import { t } from "./words.js";

const { id } = data();

for (const button of all("[data-export]")) {
  button.addEventListener("click", async () => {
    await post(`/api/datasets/${id}/export`, { to: button.dataset.export });
    tell(t("It is being written into the folder exports of the project."));
    lookNow();
  });
}
