const deeds = ["archive", "remove", "junk", "notJunk", "markRead", "markUnread", "flag", "unflag"] as const

/** What is done with messages and can be taken back. */
export type Deed = (typeof deeds)[number]

export const isDeed = (name: string): name is Deed => deeds.some((deed) => deed === name)
