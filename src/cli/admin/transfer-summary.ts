/** How much an export holds, for people. */
export function summary(rows: Readonly<Record<string, number>>): string {
  const all = Object.values(rows).reduce((sum, count) => sum + count, 0)
  const count = (number: number) => number.toLocaleString('en')
  return `${count(all)} rows in ${Object.keys(rows).length} tables: ${count(rows.User ?? 0)} users, ${count(rows.Conversation ?? 0)} conversations, ${count(rows.Event ?? 0)} events`
}
