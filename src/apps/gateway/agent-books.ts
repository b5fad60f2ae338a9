import { openEnrolmentBook } from '../../access/enrolment.ts'
import type { EnrolledAgent, EnrolmentBook } from '../../access/enrolment.ts'
import type { PinBook } from '../../access/pins.ts'
import { openPinBook } from '../../access/pins.ts'
import type { Config } from '../../contract/config.ts'
import type { Enrolment } from '../../surfaces/agent-hub/ports.ts'
import type { AgentDesk } from '../../surfaces/rest/agents.ts'
import { createAgentDesk } from './agent-desk.ts'
import { stateFolder } from './state-folder.ts'

/** Who may dial in, and what their tools were like at first. */
export interface AgentBooks {
  readonly book: EnrolmentBook
  readonly pins: PinBook
}

export function openAgentBooks({ pin }: Pick<Config['agents'], 'pin'>): AgentBooks {
  return {
    book: openEnrolmentBook(stateFolder('agents'), Date.now),
    pins: openPinBook({ folder: stateFolder('agents', 'pins'), isStrict: pin === 'strict' }),
  }
}

/** For the command line, where no gateway runs: nobody is here. */
export function localAgentDesk(settings: Config['agents']): AgentDesk {
  const books = openAgentBooks(settings)
  return createAgentDesk({
    ...books,
    shownName: (agent) => namesOf(books.book, settings.names, agent).shownName,
    sessions: [],
    offeredBy: () => [],
  })
}

/** What the servers of an agent are called here: no two agents have one name. */
export function namesOf(
  book: EnrolmentBook,
  names: Config['agents']['names'],
  { id, name }: EnrolledAgent,
): { readonly shownName: string; readonly label: string } {
  const plain = name.replaceAll(/[^A-Za-z0-9_-]+/g, '-').replace(/^[-_]+/, '') || 'agent'
  const short = plain.slice(0, 32)
  const isOnly = book.countNamed(name) === 1
  return {
    shownName: names[id] ?? (isOnly ? short : `${short}-${id.slice(0, 6)}`),
    label: names[id] ?? short,
  }
}

/** What the hub asks before it lets somebody in. */
export function enrolmentOf(book: EnrolmentBook, names: Config['agents']['names']): Enrolment {
  const shown = (agent: EnrolledAgent | undefined) =>
    agent && {
      id: agent.id,
      name: agent.name,
      ...(agent.servers && { servers: agent.servers }),
      ...namesOf(book, names, agent),
    }
  return {
    get version() {
      return book.version()
    },
    admits: (token) => book.admits(token),
    find: (id) => shown(book.find(id)),
    known: (id) => shown(book.known(id)),
    enrol: (token, wanted) => shown(book.enrol(token, wanted)),
  }
}
