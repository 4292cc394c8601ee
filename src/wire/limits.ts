/** Limits that are part of the protocol itself, the same for every installation. Units are in the names. */
export const PROTOCOL = 'hermes.v1'
export const FRAME_BYTES = 512 * 1024
export const PAYLOAD_BYTES = 65_536
export const SIGNAL_BYTES = 8 * 1024
/** Text of the attachments to `invite` and `accept`. */
export const ATTACHMENT_CHARACTERS = 64 * 1024
/** Text of `attachment` and of `commit` to `confirm`. */
export const CONFIRM_ATTACHMENT_CHARACTERS = 192 * 1024
export const HISTORY_EVENTS_DEFAULT = 100
export const HISTORY_EVENTS_MAX = 500
export const HISTORY_BYTES_MAX = 1024 * 1024
export const LIST_DEFAULT = 100
export const LIST_MAX = 500
export const POLL_SECONDS_MAX = 55
/** Participants named by one `start`, so that with the caller a conversation has at most 512. */
export const PARTICIPANTS_MAX = 511
