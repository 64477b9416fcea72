/** At least this much is buffered of a connection that is paused, in bytes. */
const unreadBytes = 4 * 1024;

/** Of connections, with TLS or without. */
export const socketOptions = { noDelay: true, highWaterMark: unreadBytes };
