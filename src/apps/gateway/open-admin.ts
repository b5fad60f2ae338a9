import type { AdminSocket } from './admin-socket.ts'
import { openAdminSocket } from './admin-socket.ts'
import type { Running } from './gateway.ts'
import { stateFolder } from './state-folder.ts'

/** Lets the person who runs this gateway look inside; where that cannot be, it works all the same. */
export async function openAdmin({ census, watch, log }: Running): Promise<AdminSocket | undefined> {
  try {
    return await openAdminSocket({ folder: stateFolder('run'), census, process: watch.facts })
  } catch (error) {
    log.warn('admin_socket_closed', { error })
    return undefined
  }
}
