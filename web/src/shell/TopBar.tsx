import {
  Button,
  Menu,
  MenuDivider,
  MenuGroup,
  MenuGroupHeader,
  MenuItem,
  MenuItemRadio,
  MenuList,
  MenuPopover,
  MenuTrigger
} from "@fluentui/react-components"
import { SettingsRegular } from "@fluentui/react-icons/svg/settings"
import { SignOutRegular } from "@fluentui/react-icons/svg/sign-out"
import type { ReactNode } from "react"
import { languageNamed, offeredLanguages } from "../i18n/language.ts"
import { useWords } from "../i18n/WordsProvider.tsx"
import { signOut, useToken } from "../session/token.ts"
import { languageChoice, type ThemeChoice, themeChoice } from "./preferences.ts"
import { useStore } from "./store.ts"

const themes = ["system", "light", "dark"] as const satisfies ReadonlyArray<ThemeChoice>

/** Where one is, on the left what a page adds, on the right how one likes it and what of the menu is the page's own. */
export const TopBar = ({ children, menu }: { readonly children?: ReactNode; readonly menu?: ReactNode }) => {
  const words = useWords()
  return (
    <header className="top-bar">
      <img src="/favicon.svg" alt="" width={28} height={28} />
      <strong className="top-bar__name">{words.say("shell.name")}</strong>
      <div className="top-bar__middle">{children}</div>
      <Settings>{menu}</Settings>
    </header>
  )
}

const Settings = ({ children }: { readonly children: ReactNode }) => {
  const words = useWords()
  const theme = useStore(themeChoice)
  const language = useStore(languageChoice)
  const isSignedIn = useToken() !== null
  return (
    <Menu
      checkedValues={{ theme: [theme], language: [language] }}
      onCheckedValueChange={(_event, { name, checkedItems: [chosen] }) => {
        const wishedTheme = themes.find((one) => one === chosen)
        const wishedLanguage = languageNamed(chosen ?? null)
        if (name === "theme" && wishedTheme !== undefined) themeChoice.set(wishedTheme)
        if (name === "language" && wishedLanguage !== undefined) languageChoice.set(wishedLanguage)
      }}
    >
      <MenuTrigger disableButtonEnhancement>
        <Button appearance="subtle" icon={<SettingsRegular />} aria-label={words.say("shell.settings")} />
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          <MenuGroup>
            <MenuGroupHeader>{words.say("shell.theme")}</MenuGroupHeader>
            {themes.map((name) => (
              <MenuItemRadio key={name} name="theme" value={name}>
                {words.say(`shell.theme.${name}`)}
              </MenuItemRadio>
            ))}
          </MenuGroup>
          <MenuDivider />
          <MenuGroup>
            <MenuGroupHeader>{words.say("shell.language")}</MenuGroupHeader>
            {offeredLanguages.map(([tag, name]) => (
              <MenuItemRadio key={tag} name="language" value={tag} lang={tag}>
                {name}
              </MenuItemRadio>
            ))}
          </MenuGroup>
          {children}
          {isSignedIn && (
            <>
              <MenuDivider />
              <MenuItem icon={<SignOutRegular />} onClick={signOut}>
                {words.say("shell.signOut")}
              </MenuItem>
            </>
          )}
        </MenuList>
      </MenuPopover>
    </Menu>
  )
}
