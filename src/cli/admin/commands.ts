import type { AdminCommand } from './command.js'
import { disable, enable, unlock } from './commands/account.js'
import { audit, auditVerify } from './commands/audit.js'
import { backup } from './commands/backup.js'
import { confirmClock } from './commands/confirm-clock.js'
import { doctor } from './commands/doctor.js'
import { exportCommand } from './commands/export.js'
import { grant } from './commands/grant.js'
import { importCommand } from './commands/import.js'
import { listCertificates } from './commands/list-certificates.js'
import { listUsers } from './commands/list-users.js'
import { restore } from './commands/restore.js'
import { retireCa } from './commands/retire-ca.js'
import { revoke } from './commands/revoke.js'
import { revokeServer } from './commands/revoke-server.js'
import { rootCrl } from './commands/root-crl.js'
import { rotateCa } from './commands/rotate-ca.js'
import { show } from './commands/show.js'

/** Every command of `hermes admin`, in the order of its help. */
export const ADMIN_COMMANDS: readonly AdminCommand[] = [
  grant,
  listUsers,
  listCertificates,
  show,
  revoke,
  disable,
  enable,
  unlock,
  audit,
  auditVerify,
  backup,
  restore,
  exportCommand,
  importCommand,
  doctor,
  confirmClock,
  revokeServer,
  rotateCa,
  retireCa,
  rootCrl,
]
