import { startLiveModels } from "./live/live-models.ts";

// The models come on their way first: while the page is still being made, the server works on them already.
startLiveModels();
void import("./page.tsx");
