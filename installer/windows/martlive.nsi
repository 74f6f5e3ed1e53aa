; The installer for Windows: for one user, without an administrator. installer/windows/nsis.py compiles it.
;
;   MartLive-setup.exe [/S] [/PATH] [/D=FOLDER]     /PATH also puts MartLive's folder on the user's PATH
;   uninstall.exe [/S] [/PURGE]                     /PURGE also deletes past shows, settings, models and passwords
;
; Exit codes: 0 done; 1 stopped by the user; 2 failed; 3 MartLive runs, and nothing was changed.
;
; Only what installed.txt lists is ever deleted from the folder that the user chose: paths of files, sorted without regard
; to case, then folders with a backslash at the end, the deepest first; each line ends with CR LF.

Unicode true
!ifdef CPU
  Target ${CPU}
!endif
ManifestDPIAware true
ManifestSupportedOS Win10
SetCompressor /SOLID lzma
SetCompressorDictSize 64
RequestExecutionLevel user
AllowSkipFiles off
ShowInstDetails nevershow
ShowUninstDetails nevershow
BrandingText " "

!include MUI2.nsh
!include LogicLib.nsh
!include FileFunc.nsh
!include WinVer.nsh
!include x64.nsh
!include Win\COM.nsh
!include Win\Propkey.nsh
!include "${FILES}"

!define UNINSTALL_KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\MartLive"
!define RUN_KEY "Software\Microsoft\Windows\CurrentVersion\Run"
!define APPROVED_KEY "Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run"
!define SHORTCUT "$SMPROGRAMS\MartLive.lnk"
!define LIST "installed.txt"
!define DATA "$LOCALAPPDATA\martlive"
!define APP_ID "MartLive.MartLive"
!define OLDEST_BUILD 17763
!define QUIT_WITHIN_MS 20000
!define CODE_RUNS 3
; A PATH may be longer than the 1024 characters that a variable holds, so it is changed in memory of our own.
!define HKEY_CURRENT_USER_P -2147483647
!define KEY_READ_WRITE 0x2001F
!define EXPANDABLE 2

Name "MartLive"
OutFile "${TARGET}"
InstallDir "$LOCALAPPDATA\Programs\MartLive"
!ifdef SIGN
  !uninstfinalize `${SIGN} "%1"` = 0
  !finalize `${SIGN} "%1"` = 0
!endif

VIProductVersion "${NUMBERS}"
VIFileVersion "${NUMBERS}"
!macro VersionWords LANGUAGE
  VIAddVersionKey /LANG=${LANGUAGE} ProductName "MartLive"
  VIAddVersionKey /LANG=${LANGUAGE} ProductVersion "${VERSION}"
  VIAddVersionKey /LANG=${LANGUAGE} FileVersion "${VERSION}"
  VIAddVersionKey /LANG=${LANGUAGE} FileDescription "MartLive"
  VIAddVersionKey /LANG=${LANGUAGE} LegalCopyright "Apache-2.0"
!macroend

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_ABORTWARNING
!define MUI_COMPONENTSPAGE_SMALLDESC
!define MUI_FINISHPAGE_RUN "$INSTDIR\MartLiveApp.exe"
!insertmacro MUI_PAGE_COMPONENTS
!define MUI_PAGE_CUSTOMFUNCTION_PRE SkipWhenInstalled
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
; The first one is for every language that is not here.
!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "SimpChinese"
!insertmacro VersionWords ${LANG_ENGLISH}
!insertmacro VersionWords ${LANG_SIMPCHINESE}

!macro Words NAME ENGLISH CHINESE
  LangString ${NAME} ${LANG_ENGLISH} "${ENGLISH}"
  LangString ${NAME} ${LANG_SIMPCHINESE} "${CHINESE}"
!macroend
!insertmacro Words TOO_OLD \
  "MartLive needs Windows 10, version 1809, or newer, on a 64-bit computer." \
  "MartLive 需要 64 位的 Windows 10（1809 版）或更新的系统。"
!insertmacro Words QUIT_IT \
  "MartLive is running. Quit it now?$\n$\nA show that is on ends, and is kept." \
  "MartLive 正在运行。现在退出吗？$\n$\n正在进行的直播会结束，记录会保存。"
!insertmacro Words STILL_RUNS \
  "MartLive is still running. Quit it from its icon in the notification area, then try again." \
  "MartLive 仍在运行。请从通知区域的图标退出，然后重试。"
!insertmacro Words IN_THE_WAY \
  "Windows does not let this file be deleted: $0$\n$\nClose what uses it, then delete it yourself." \
  "Windows 不允许删除此文件：$0$\n$\n请关闭正在使用它的程序，然后自行删除。"
!insertmacro Words PURGE_TOO \
  "Delete what is yours, too?$\n$\nPast shows: $1 MB$\nModels: $2 MB$\nSettings, habits and passwords$\n$\nNo keeps them for the next time." \
  "是否也删除你的数据？$\n$\n以往直播：$1 MB$\n模型：$2 MB$\n设置、习惯和密码$\n$\n选择“否”则保留，供下次使用。"
!insertmacro Words PROGRAM_NAME "MartLive" "MartLive"
!insertmacro Words PROGRAM_ABOUT "The program, and its entry in the Start menu." "程序本身和开始菜单中的快捷方式。"
!insertmacro Words ON_PATH_NAME "The command martlive in every terminal" "在所有终端中使用 martlive 命令"
!insertmacro Words ON_PATH_ABOUT "Adds MartLive's folder to your PATH." "把 MartLive 的文件夹加入你的 PATH。"

Var isOnPath
Var purges

!macro Refuse WORDS CODE
  MessageBox MB_OK|MB_ICONEXCLAMATION "${WORDS}" /SD IDOK
  SetErrorLevel ${CODE}
  Quit
!macroend

; What both programs need, once for each: NSIS keeps their functions apart by the prefix "un.".
!macro Shared UN
; $0 := whether a program in $INSTDIR runs, or a MartLive of this user that answers: it may run from an update's folder.
Function ${UN}LookWhetherItRuns
  StrCpy $0 0
  ${If} ${FileExists} "$INSTDIR\martlive.exe"
    ReadEnvStr $1 USERNAME
    System::Call 'kernel32::WaitNamedPipeW(w "\\.\pipe\martlive-$1", i 1) i .r2 ?e'
    Pop $3
    ${If} $2 <> 0
    ${OrIf} $3 = 121
    ${OrIf} $3 = 231
      StrCpy $0 1
    ${EndIf}
    ; Windows lets nobody write to a program that runs.
    Push "$INSTDIR\martlive.exe"
    Call ${UN}LookWhetherItIsLocked
    Push "$INSTDIR\MartLiveApp.exe"
    Call ${UN}LookWhetherItIsLocked
  ${EndIf}
FunctionEnd

Function ${UN}LookWhetherItIsLocked
  Pop $1
  ${If} ${FileExists} $1
    ClearErrors
    FileOpen $2 $1 a
    ${If} ${Errors}
      StrCpy $0 1
    ${Else}
      FileClose $2
    ${EndIf}
  ${EndIf}
FunctionEnd

; $0 := whether $1 is part of $2.
Function ${UN}LookWhetherItIsIn
  System::Call 'shlwapi::StrStrIW(w r2, w r1) p .r0'
  ${If} $0 P<> 0
    StrCpy $0 1
  ${EndIf}
FunctionEnd

; Asks a running MartLive to quit, and waits for it. Nobody is asked in silence, so a show that is on, or may be, goes on then.
Function ${UN}LetItQuit
  again:
  Call ${UN}LookWhetherItRuns
  ${If} $0 = 0
    Return
  ${EndIf}
  ${If} ${Silent}
    nsExec::ExecToStack /TIMEOUT=${QUIT_WITHIN_MS} '"$INSTDIR\martlive.exe" status --json'
    Pop $3
    Pop $2
    StrCpy $1 '"show": false'
    Call ${UN}LookWhetherItIsIn
    ${If} $3 != 0
    ${OrIf} $0 = 0
      SetErrorLevel ${CODE_RUNS}
      Quit
    ${EndIf}
  ${ElseIf} ${Cmd} `MessageBox MB_OKCANCEL|MB_ICONQUESTION "$(QUIT_IT)" IDCANCEL`
    SetErrorLevel 1
    Quit
  ${EndIf}
  nsExec::ExecToStack /TIMEOUT=${QUIT_WITHIN_MS} '"$INSTDIR\martlive.exe" quit'
  Pop $3
  Pop $2
  StrCpy $4 0
  ${Do}
    Call ${UN}LookWhetherItRuns
    ${If} $0 = 0
      Return
    ${EndIf}
    Sleep 250
    IntOp $4 $4 + 250
  ${LoopUntil} $4 >= ${QUIT_WITHIN_MS}
  MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "$(STILL_RUNS)" /SD IDCANCEL IDRETRY again
  SetErrorLevel ${CODE_RUNS}
  Quit
FunctionEnd

; Takes the folder $R0 out of the user's PATH; with $R1 = 1 puts it at the end then.
Function ${UN}ChangePath
  System::Call 'advapi32::RegCreateKeyExW(p ${HKEY_CURRENT_USER_P}, w "Environment", i 0, p 0, i 0, i ${KEY_READ_WRITE}, p 0, *p .r1, p 0) i .r0'
  ${If} $0 <> 0
    Return
  ${EndIf}
  StrCpy $2 ${EXPANDABLE}
  StrCpy $3 0
  System::Call 'advapi32::RegQueryValueExW(p r1, w "Path", p 0, *i r2r2, p 0, *i r3r3) i .r0'
  StrLen $4 $R0
  IntOp $5 $3 + 32
  IntOp $6 $4 * 2
  IntOp $5 $5 + $6
  ; Zeroed, so it ends the text, too: ";" PATH ";" in it makes every folder look alike.
  System::Call 'kernel32::GlobalAlloc(i 0x40, p r5) p .r6'
  System::Call 'kernel32::lstrcpyW(p r6, w ";")'
  IntPtrOp $7 $6 + 2
  ${If} $0 = 0
    System::Call 'advapi32::RegQueryValueExW(p r1, w "Path", p 0, p 0, p r7, *i r3r3)'
  ${EndIf}
  System::Call 'kernel32::lstrcatW(p r6, w ";")'
  IntOp $9 $4 + 1
  IntOp $9 $9 * 2
  ${Do}
    System::Call 'shlwapi::StrStrIW(p r6, w ";$R0;") p .r8'
    ${If} $8 P= 0
      ${ExitDo}
    ${EndIf}
    IntPtrOp $0 $8 + $9
    System::Call 'kernel32::lstrlenW(p r0) i .r3'
    IntOp $3 $3 + 1
    IntOp $3 $3 * 2
    System::Call 'kernel32::RtlMoveMemory(p r8, p r0, p r3)'
  ${Loop}
  ; The last ";" again, where nothing but the two is left both at once.
  System::Call 'kernel32::lstrlenW(p r6) i .r3'
  IntOp $3 $3 - 1
  IntOp $0 $3 * 2
  IntPtrOp $0 $6 + $0
  System::Call '*$0(&i2 0)'
  ${If} $3 = 0
    StrCpy $7 $6
  ${EndIf}
  ${If} $R1 = 1
    System::Call 'kernel32::lstrlenW(p r7) i .r3'
    ${If} $3 > 0
      IntOp $0 $3 - 1
      IntOp $0 $0 * 2
      IntPtrOp $0 $7 + $0
      System::Call '*$0(&i2 .r0)'
      ${If} $0 <> 59
        System::Call 'kernel32::lstrcatW(p r7, w ";")'
      ${EndIf}
    ${EndIf}
    System::Call 'kernel32::lstrcatW(p r7, w "$R0")'
  ${EndIf}
  System::Call 'kernel32::lstrlenW(p r7) i .r3'
  ${If} $3 = 0
    System::Call 'advapi32::RegDeleteValueW(p r1, w "Path")'
  ${Else}
    IntOp $3 $3 + 1
    IntOp $3 $3 * 2
    System::Call 'advapi32::RegSetValueExW(p r1, w "Path", i 0, i r2, p r7, i r3)'
  ${EndIf}
  System::Call 'advapi32::RegCloseKey(p r1)'
  System::Call 'kernel32::GlobalFree(p r6)'
  SendMessage ${HWND_BROADCAST} ${WM_SETTINGCHANGE} 0 "STR:Environment" /TIMEOUT=2000
FunctionEnd

; Deletes the file $0, unless somebody holds it: says so then.
Function ${UN}DeleteOne
  ClearErrors
  Delete $0
  ${If} ${Errors}
    MessageBox MB_OK|MB_ICONEXCLAMATION "$(IN_THE_WAY)" /SD IDOK
    SetErrorLevel 2
  ${EndIf}
FunctionEnd
!macroend
!insertmacro Shared ""
!insertmacro Shared "un."

Function SkipWhenInstalled
  ${If} ${FileExists} "$INSTDIR\${LIST}"
    Abort
  ${EndIf}
FunctionEnd

; Deletes what the version before, listed in $R2, had and this one has not: both lists are sorted, so one walk does it.
Function DeleteWhatIsGone
  FileOpen $R3 $R2 r
  FileOpen $R4 "$INSTDIR\${LIST}" r
  StrCpy $R6 ""
  ${Do}
    ClearErrors
    FileRead $R3 $R5
    ${If} ${Errors}
      ${ExitDo}
    ${EndIf}
    StrCpy $R5 $R5 -2
    StrCpy $1 $R5 1 -1
    ${If} $1 == "\"
      RMDir "$INSTDIR\$R5"
      ${Continue}
    ${EndIf}
    ; CompareStringOrdinal: 1 less, 2 equal, 3 greater.
    ${Do}
      ${If} $R6 == ""
        StrCpy $2 1
      ${ElseIf} $R6 == "end"
        StrCpy $2 3
      ${Else}
        System::Call 'kernel32::CompareStringOrdinal(w R6, i -1, w R5, i -1, i 1) i .r2'
      ${EndIf}
      ${If} $2 <> 1
        ${ExitDo}
      ${EndIf}
      ClearErrors
      FileRead $R4 $R6
      StrCpy $R6 $R6 -2
      StrCpy $1 $R6 1 -1
      ${If} ${Errors}
      ${OrIf} $1 == "\"
        StrCpy $R6 "end"
      ${EndIf}
    ${Loop}
    ${If} $2 = 3
      StrCpy $0 "$INSTDIR\$R5"
      Call DeleteOne
    ${EndIf}
  ${Loop}
  FileClose $R3
  FileClose $R4
FunctionEnd

; CreateShortCut cannot name the application to which Windows counts windows and notices.
Function NameShortcut
  !insertmacro ComHlpr_CreateInProcInstance ${CLSID_ShellLink} ${IID_IShellLink} r0 ""
  ${If} $0 P= 0
    Return
  ${EndIf}
  ${IUnknown::QueryInterface} $0 '("${IID_IPersistFile}", .r1)'
  ${If} $1 P<> 0
    ${IPersistFile::Load} $1 '("${SHORTCUT}", ${STGM_READWRITE})'
    ${IUnknown::QueryInterface} $0 '("${IID_IPropertyStore}", .r2)'
    ${If} $2 P<> 0
      System::Call '*${SYSSTRUCT_PROPERTYKEY}(${PKEY_AppUserModel_ID})p.r3'
      System::Call '*(&w64 "${APP_ID}")p.r5'
      System::Call '*${SYSSTRUCT_PROPVARIANT}(${VT_LPWSTR},,p r5)p.r4'
      ${IPropertyStore::SetValue} $2 '($3, $4)'
      ${IPropertyStore::Commit} $2 ""
      System::Free $3
      System::Free $4
      System::Free $5
      ${IUnknown::Release} $2 ""
      ${IPersistFile::Save} $1 '("${SHORTCUT}", 1)'
    ${EndIf}
    ${IUnknown::Release} $1 ""
  ${EndIf}
  ${IUnknown::Release} $0 ""
FunctionEnd

Section "$(PROGRAM_NAME)" PROGRAM
  SectionIn RO
  Call LetItQuit
  InitPluginsDir
  StrCpy $R2 "$PLUGINSDIR\before.txt"
  CopyFiles /SILENT "$INSTDIR\${LIST}" $R2
  ; At the end, so that a list that was cut off never stands for what is there.
  !insertmacro INSTALL_FILES
  SetOutPath $INSTDIR
  File "/oname=${LIST}" "${MANIFEST}"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  ${If} ${FileExists} $R2
    Call DeleteWhatIsGone
  ${EndIf}

  CreateShortCut "${SHORTCUT}" "$INSTDIR\MartLiveApp.exe"
  Call NameShortcut

  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayName" "MartLive"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayIcon" "$INSTDIR\MartLiveApp.exe"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "Publisher" "MartLive"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL_KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "EstimatedSize" ${SIZE_KB}
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoRepair" 1
SectionEnd

Section /o "$(ON_PATH_NAME)" ON_PATH
  StrCpy $R0 $INSTDIR
  StrCpy $R1 1
  Call ChangePath
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "OnPath" 1
SectionEnd

Section -TakeOffPath
  ${If} $isOnPath = 1
  ${AndIfNot} ${SectionIsSelected} ${ON_PATH}
    StrCpy $R0 $INSTDIR
    StrCpy $R1 0
    Call ChangePath
    DeleteRegValue HKCU "${UNINSTALL_KEY}" "OnPath"
  ${EndIf}
SectionEnd

Function .onInit
  ${IfNot} ${RunningX64}
  ${OrIfNot} ${AtLeastBuild} ${OLDEST_BUILD}
    !insertmacro Refuse "$(TOO_OLD)" 2
  ${EndIf}
  ; Where it is installed, it stays.
  ReadRegStr $0 HKCU "${UNINSTALL_KEY}" "InstallLocation"
  ${If} ${FileExists} "$0\${LIST}"
    StrCpy $INSTDIR $0
  ${EndIf}
  ReadRegDWORD $isOnPath HKCU "${UNINSTALL_KEY}" "OnPath"
  ${GetParameters} $0
  ClearErrors
  ${GetOptions} $0 "/PATH" $1
  ${IfNot} ${Errors}
    StrCpy $isOnPath 1
  ${EndIf}
  ${If} $isOnPath = 1
    SectionSetFlags ${ON_PATH} ${SF_SELECTED}
  ${EndIf}
FunctionEnd

!insertmacro MUI_FUNCTION_DESCRIPTION_BEGIN
  !insertmacro MUI_DESCRIPTION_TEXT ${PROGRAM} $(PROGRAM_ABOUT)
  !insertmacro MUI_DESCRIPTION_TEXT ${ON_PATH} $(ON_PATH_ABOUT)
!insertmacro MUI_FUNCTION_DESCRIPTION_END

Function un.onInit
  StrCpy $purges 0
  ${GetParameters} $0
  ClearErrors
  ${GetOptions} $0 "/PURGE" $1
  ${IfNot} ${Errors}
    StrCpy $purges 1
  ${EndIf}
FunctionEnd

Function un.AskWhetherToPurge
  ${GetSize} "${DATA}\sessions" "/S=0M" $1 $3 $4
  ${GetSize} "${DATA}\models" "/S=0M" $2 $3 $4
  IntOp $1 $1 + 0
  IntOp $2 $2 + 0
  ${If} ${Cmd} `MessageBox MB_YESNO|MB_ICONQUESTION|MB_DEFBUTTON2 "$(PURGE_TOO)" /SD IDNO IDYES`
    StrCpy $purges 1
  ${EndIf}
FunctionEnd

; Windows keeps the passwords that keyring gave it under the service's name, all but the last one as user@service.
!macro Forget TARGET
  System::Call 'advapi32::CredDeleteW(w "${TARGET}", i 1, i 0)'
!macroend

Section "un.MartLive"
  Call un.LetItQuit
  ${If} $purges = 0
  ${AndIf} ${FileExists} "${DATA}\*"
    Call un.AskWhetherToPurge
  ${EndIf}

  ; It may be that another MartLive, from another folder, starts at login.
  ReadRegStr $2 HKCU "${RUN_KEY}" "MartLive"
  StrCpy $1 "$INSTDIR\"
  Call un.LookWhetherItIsIn
  StrCpy $3 $0
  StrCpy $1 "${DATA}\"
  Call un.LookWhetherItIsIn
  ${If} $0 = 1
  ${OrIf} $3 = 1
    DeleteRegValue HKCU "${RUN_KEY}" "MartLive"
    DeleteRegValue HKCU "${APPROVED_KEY}" "MartLive"
  ${EndIf}
  StrCpy $R0 $INSTDIR
  StrCpy $R1 0
  Call un.ChangePath
  Delete "${SHORTCUT}"

  FileOpen $R3 "$INSTDIR\${LIST}" r
  ${Do}
    ClearErrors
    FileRead $R3 $R5
    ${If} ${Errors}
      ${ExitDo}
    ${EndIf}
    StrCpy $R5 $R5 -2
    StrCpy $1 $R5 1 -1
    ${If} $1 == "\"
      RMDir "$INSTDIR\$R5"
    ${Else}
      StrCpy $0 "$INSTDIR\$R5"
      Call un.DeleteOne
    ${EndIf}
  ${Loop}
  FileClose $R3
  Delete "$INSTDIR\${LIST}"
  Delete "$INSTDIR\uninstall.exe"
  RMDir $INSTDIR

  ; Programs that MartLive fetched for itself, and what it wrote when it crashed.
  RMDir /r "${DATA}\versions"
  RMDir /r "${DATA}\components"
  RMDir /r "${DATA}\crashes"
  ${If} $purges = 1
    RMDir /r "${DATA}"
    !insertmacro Forget "martlive"
    !insertmacro Forget "obs@martlive"
    !insertmacro Forget "remote-key@martlive"
    !insertmacro Forget "sound@martlive"
  ${Else}
    RMDir "${DATA}"
  ${EndIf}
  DeleteRegKey HKCU "${UNINSTALL_KEY}"
SectionEnd
