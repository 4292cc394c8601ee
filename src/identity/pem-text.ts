/** PEM from a form or a Windows file as it goes on the wire: LF, and exactly one at the end. */
export function normalizePem(text: string): string {
  return `${text.replaceAll('\r\n', '\n').trim()}\n`
}
