/** Missing: the browser has no notifications, or not over this connection. */
export type Permission = NotificationPermission | "missing"

const isThere = "Notification" in window

export const permissionNow = (): Permission => (isThere ? Notification.permission : "missing")

/** To be asked for at a click alone: browsers take a page that asks by itself for a nuisance, and so do people. */
export const askPermission = async (): Promise<Permission> =>
  isThere ? await Notification.requestPermission() : "missing"
