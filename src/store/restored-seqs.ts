/**
 * Added to the last seq of every conversation that goes on when a backup is restored. What was stored after the backup
 * is lost, but its seqs were seen: none may be given to another event. Nothing is removed in such numbers otherwise, so
 * that a gap that is as large tells of a restoration.
 */
export const RESTORED_SEQS = 2 ** 32
