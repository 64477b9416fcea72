import { buildPageOnce } from "../../../demo/page.ts";

/** The page as it is sent, for every file of the suite. */
export default buildPageOnce;
