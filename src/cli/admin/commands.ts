import type { AdminCommand } from './command.js'
import { listCertificates } from './commands/list-certificates.js'
import { listUsers } from './commands/list-users.js'
import { rootCrl } from './commands/root-crl.js'
import { show } from './commands/show.js'

/** Every command of `hermes admin`, in the order of its help. */
export const ADMIN_COMMANDS: readonly AdminCommand[] = [listUsers, listCertificates, show, rootCrl]
