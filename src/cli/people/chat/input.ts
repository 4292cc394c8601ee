/** What a person typed. */
export type Input =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'message'; readonly text: string }
  | { readonly kind: 'command'; readonly name: string; readonly words: readonly string[] }

/** `/name …` is a command, `//` a message that begins with `/`. */
export function parseInput(line: string): Input {
  if (line.trim() === '') return { kind: 'nothing' }
  if (line.startsWith('//')) return { kind: 'message', text: line.slice(1) }
  if (!line.startsWith('/')) return { kind: 'message', text: line }
  const [name = '', ...words] = line.slice(1).trim().split(/\s+/)
  return { kind: 'command', name, words }
}
