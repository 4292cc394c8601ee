import type { AdministrationStore } from './administration-store.js'
import type { MakeChange } from './changes/changes.js'

type Changes = Pick<AdministrationStore, 'grantRole' | 'disable' | 'enable' | 'unlock' | 'revoke'>

/** What administrators change: all of it is made by `make`. */
export function administrationChanges(make: MakeChange): Changes {
  return {
    grantRole: (grant) => make('grantRole', grant),
    disable: (act) => make('disableUser', act),
    enable: (act) => make('enableUser', act),
    unlock: (act) => make('unlockUser', act),
    revoke: (revocation) => make('revokeOfUser', revocation),
  }
}
