/** What is done before each test file, in the process that it shares with others. */
import { noteOpenSockets } from "./open-sockets.ts";

noteOpenSockets();
