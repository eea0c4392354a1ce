// SPDX-License-Identifier: GPL-3.0-or-later
//
// What every page loads. Pages work without it; this adds live updates, keys and comfort.
import "@github/relative-time-element";
import { start as startBoard } from "./board";
import { start as startComposers } from "./composers";
import { start as startDialogs } from "./dialogs";
import { forgetArrived } from "./drafts";
import { start as startForms } from "./forms";
import { start as startFrames } from "./frames";
import { start as startHere } from "./here";
import { start as startKeys } from "./keys";
import { start as startLive } from "./live";
import { start as startMorph } from "./morph";
import { start as startNotices } from "./notices";
import { start as startPapers } from "./papers";
import { start as startPalette } from "./palette";
import { start as startPasskeys } from "./passkeys";
import { start as startPush } from "./push";
import { start as startQuestions } from "./questions";
import { start as startSelection } from "./selection";
import { start as startTalk } from "./talk";

forgetArrived();
startMorph();
for (const start of [startKeys, startDialogs, startPalette, startPasskeys, startPush, startSelection, startNotices, startPapers, startBoard, startForms, startFrames, startQuestions, startTalk, startHere, startComposers]) {
  start(document);
  document.addEventListener("htmx:load", (event) => start(event.target as HTMLElement));
}
startLive();
