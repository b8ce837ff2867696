/** The look of web/ (Fluent UI, with the shades of web/src/shell/theme.ts), for pages that need no script. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #f1f3f7;
  --card: #ffffff;
  --text: #242424;
  --text-quiet: #424242;
  --line: #dfe3ea;
  --field-line: #d1d1d1;
  --field-edge: #616161;
  --brand: #0f6cbd;
  --brand-hover: #115ea3;
  --brand-pressed: #0c3b5e;
  --on-brand: #ffffff;
  --link: #115ea3;
  --danger: #b10e1c;
  --danger-back: #fdf3f4;
  --danger-line: #eeacb2;
  --warning: #8a3707;
  --warning-back: #fff9f5;
  --warning-line: #fdcfb4;
  --shadow: 0 0 2px rgb(0 0 0 / 12%), 0 4px 8px rgb(0 0 0 / 14%);
}

@media (prefers-color-scheme: dark) {
  :root {
    --page: #0e131b;
    --card: #171d27;
    --text: #ffffff;
    --text-quiet: #d6d6d6;
    --line: #2b3547;
    --field-line: #46536a;
    --field-edge: #adadad;
    --brand: #115ea3;
    --brand-hover: #0f6cbd;
    --brand-pressed: #0c3b5e;
    --link: #62abf5;
    --danger: #eeacb2;
    --danger-back: #3b0509;
    --danger-line: #6e0811;
    --warning: #fdcfb4;
    --warning-back: #4a1e04;
    --warning-line: #8a3707;
    --shadow: 0 0 2px rgb(0 0 0 / 24%), 0 4px 8px rgb(0 0 0 / 28%);
  }
}

*, *::before, *::after { box-sizing: border-box; }

body {
  display: grid;
  min-block-size: 100vh;
  margin: 0;
  padding: 2rem 1rem;
  place-items: center;
  background: var(--page);
  color: var(--text);
  font: 0.875rem/1.25rem "Segoe UI", "Segoe UI Web (West European)", -apple-system, BlinkMacSystemFont, Roboto,
    "Helvetica Neue", sans-serif;
}

main {
  display: grid;
  gap: 1rem;
  inline-size: min(26rem, 100%);
  padding: 2rem;
  border: 1px solid var(--line);
  border-radius: 8px;
  background: var(--card);
  box-shadow: var(--shadow);
}

header { display: flex; align-items: center; gap: 0.75rem; font-size: 1rem; font-weight: 600; }
h1 { margin: 0; font-size: 1.5rem; font-weight: 600; line-height: 2rem; }
p { margin: 0; color: var(--text-quiet); overflow-wrap: anywhere; }
form { display: grid; gap: 1rem; }
.field { display: grid; gap: 0.25rem; }

input {
  inline-size: 100%;
  min-block-size: 2.5rem;
  padding: 0.25rem 0.75rem;
  border: 1px solid var(--field-line);
  border-block-end-color: var(--field-edge);
  border-radius: 4px;
  background: var(--card);
  color: inherit;
  font: inherit;
  font-size: 1rem;
}

button, .button {
  display: inline-block;
  min-block-size: 2.5rem;
  padding: 0.5rem 1rem;
  border: 1px solid transparent;
  border-radius: 4px;
  background: var(--brand);
  color: var(--on-brand);
  font: inherit;
  font-size: 1rem;
  font-weight: 600;
  text-align: center;
  text-decoration: none;
  cursor: pointer;
}

button:hover, .button:hover { background: var(--brand-hover); }
button:active, .button:active { background: var(--brand-pressed); }
button.second { border-color: var(--field-line); background: var(--card); color: var(--text); }
button.second:hover { border-color: var(--field-edge); }
:focus-visible { outline: 2px solid var(--text); outline-offset: 2px; }

.problem, .warning { padding: 0.5rem 0.75rem; border: 1px solid; border-radius: 4px; }
.problem { border-color: var(--danger-line); background: var(--danger-back); color: var(--danger); }
.warning { border-color: var(--warning-line); background: var(--warning-back); color: var(--warning); }

@media (forced-colors: active) {
  button, .button { border-color: ButtonText; }
}
`
