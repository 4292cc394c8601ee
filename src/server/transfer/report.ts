/** Is told how many rows of a table are done. */
export type Report = (
  what: 'written' | 'checked' | 'stored' | 'read back',
  table: string,
  done: number,
  all: number,
) => void
