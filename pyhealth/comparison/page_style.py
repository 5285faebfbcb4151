"""How the page of a comparison looks: on a light or a dark screen, and on paper."""

STYLE = """
:root {
  color-scheme: light dark;
  --ink: #1f2933; --soft: #52606d; --paper: #fff; --panel: #f5f7fa; --line: #d5dbe1;
  --kept: #1c7c54; --changed: #9a5b00; --gone: #b3261e;
  --del: #fbe3e1; --ins: #dcf3e6;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e4e7eb; --soft: #a5b1bd; --paper: #14191f; --panel: #1d242c; --line: #3a4653;
    --kept: #63c796; --changed: #eab464; --gone: #f2857d;
    --del: #4f2623; --ins: #1e4431;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); }
body { font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 32px 20px 64px; overflow-wrap: anywhere; }
h1 { font-size: 26px; margin: 0; }
h2 { font-size: 19px; margin: 36px 0 10px; }
.subject { color: var(--soft); font-size: 17px; margin: 4px 0 18px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 14px; margin: 6px 0; }
dt { color: var(--soft); }
dd { margin: 0; }
.chips { display: flex; flex-wrap: wrap; gap: 8px; list-style: none; padding: 0; margin: 16px 0; }
.chips li { background: var(--panel); border-left: 4px solid var(--changed); padding: 5px 12px; }
.chips .kept { border-color: var(--kept); }
.chips .dropped, .chips .added { border-color: var(--gone); }
.chips .none { opacity: .5; border-color: var(--line); }
.notice { background: var(--panel); border-left: 4px solid var(--soft); padding: 8px 14px; }
table { width: 100%; border-collapse: collapse; }
th { text-align: left; color: var(--soft); font-weight: 600; }
th, td { padding: 9px 10px; border-bottom: 1px solid var(--line); vertical-align: top; }
td:nth-child(2), td:nth-child(3) { width: 31%; }
th, td:first-child { white-space: nowrap; }
td p { margin: 0 0 4px; }
td dl { font-size: 13px; }
.verdict { color: var(--changed); }
.kept .verdict { color: var(--kept); }
.dropped .verdict, .added .verdict { color: var(--gone); }
.role { color: var(--soft); }
.none { color: var(--soft); }
.proposal { background: var(--panel); padding: 7px 10px; font-size: 13px; }
code { font: 12px ui-monospace, monospace; color: var(--soft); }
del { background: var(--del); text-decoration: line-through; }
ins { background: var(--ins); text-decoration: none; font-weight: 600; }
figure { margin: 0; overflow-x: auto; }
details { margin: 8px 0; }
@media print {
  :root {
    --ink: #000; --soft: #333; --paper: #fff; --panel: #fff; --line: #999; --kept: #000;
    --changed: #000; --gone: #000; --del: #fff; --ins: #fff;
  }
  main { max-width: none; padding: 0; }
  tr, .notice, figure { break-inside: avoid; }
  ins { text-decoration: underline; }
}
"""
