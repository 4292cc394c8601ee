import type { HermesClient, Notice } from '../../client/index.js'
import { complain } from '../output.js'
import { noticeText } from './notice-text.js'

/** Tells on stderr what a person should hear of, whatever else the command says, until the client is closed. */
export async function tellNotices({ notices }: Pick<HermesClient, 'notices'>): Promise<void> {
  for await (const notice of notices)
    if (isForPeople(notice)) complain(`hermes: ${noticeText(notice).replaceAll('\n', '\\n')}\n`)
}

/** The command fails where the connection does, and says why; what else there is its answer says. */
function isForPeople(notice: Notice): boolean {
  if (notice.type === 'refused') return notice.conversation !== undefined
  return !['link', 'conversation', 'certificate_renewed'].includes(notice.type)
}
