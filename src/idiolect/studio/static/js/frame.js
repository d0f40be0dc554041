// What every page has: the keys, and errors that nobody caught.

import "./keys.js";
import { tellError } from "./tell.js";

addEventListener("unhandledrejection", (event) => {
  const { reason } = event;
  if (reason && typeof reason === "object" && "hint" in reason) {
    event.preventDefault();
    tellError(reason);
  }
});

// The page that is open stays in view where the navigation is narrow and scrolls.
document.querySelector(".side nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
