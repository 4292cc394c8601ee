import { ERRORS, type ErrorCode } from '../../src/errors.js'
import { CLOSE } from '../../src/wire/frames.js'
import { CLOSES } from './closes.js'
import { REFUSALS } from './refusals.js'

/** A section for each code of the catalogue. */
export function refusalSections(): string {
  return (Object.keys(ERRORS) as ErrorCode[]).map(refusalSection).join('\n\n')
}

function refusalSection(code: ErrorCode): string {
  const { status, title, retryable } = ERRORS[code]
  const { cause, remedy } = REFUSALS[code]
  const again = retryable ? ' The same request may succeed later.' : ''
  return [`### ${code}`, `${title}: HTTP ${status}.${again}`, `**Cause.** ${cause}`, `**Remedy.** ${remedy}`].join(
    '\n\n',
  )
}

/** A section for each code with which the hub closes a WebSocket. */
export function closeSections(): string {
  const names = Object.keys(CLOSE) as (keyof typeof CLOSE)[]
  return names
    .map((name) => {
      const { code, reason } = CLOSE[name]
      const { cause, remedy } = CLOSES[name]
      return [`### ${code}`, `The reason given: “${reason}”.`, `**Cause.** ${cause}`, `**Remedy.** ${remedy}`].join(
        '\n\n',
      )
    })
    .join('\n\n')
}
