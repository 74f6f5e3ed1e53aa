<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
<context>
    <name>AskingButton</name>
    <message>
        <source>Sure?</source>
        <translation>确定吗？</translation>
    </message>
</context>
<context>
    <name>ChatCard</name>
    <message>
        <source>Chat</source>
        <translation>弹幕</translation>
    </message>
    <message>
        <source>Do not read the chat</source>
        <translation>不读弹幕</translation>
    </message>
    <message>
        <source>Drag over the chat in the picture, and viewers’ questions are read.</source>
        <translation>在画面上框出弹幕区，就能读到观众的提问。</translation>
    </message>
    <message>
        <source>Nothing read yet. What viewers write shows up here.</source>
        <translation>还没有读到内容。观众发的弹幕会显示在这里。</translation>
    </message>
</context>
<context>
    <name>ComponentsDesk</name>
    <message>
        <source>Accept the licence and fetch</source>
        <translation>接受许可并下载</translation>
    </message>
    <message>
        <source>Fetching: {percent} %</source>
        <translation>正在下载：{percent} %</translation>
    </message>
    <message>
        <source>It is damaged and not used.</source>
        <translation>它已损坏，不会使用。</translation>
    </message>
    <message>
        <source>It is here, {size}; your next show uses it.</source>
        <translation>已就绪，{size}；下一场直播会用到它。</translation>
    </message>
    <message>
        <source>It is of another version of MartLive and not used.</source>
        <translation>它属于另一个版本的 MartLive，不会使用。</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>{fetched} to fetch, {unpacked} on the disk, under the {licence}: {url}</source>
        <translation>需下载 {fetched}，占用磁盘 {unpacked}，许可为 {licence}：{url}</translation>
    </message>
</context>
<context>
    <name>Desktop</name>
    <message>
        <source>A newer MartLive</source>
        <translation>新版 MartLive</translation>
    </message>
    <message>
        <source>Another program has {keys} – choose other keys in the settings, or use the tray.</source>
        <translation>{keys} 被其他程序占用。请在设置里换一组，或用托盘。</translation>
    </message>
    <message>
        <source>Connected to OBS {version}.</source>
        <translation>已连接 OBS {version}。</translation>
    </message>
    <message>
        <source>Fetch it</source>
        <translation>下载</translation>
    </message>
    <message>
        <source>Good to know</source>
        <translation>提醒</translation>
    </message>
    <message>
        <source>Hotkey taken</source>
        <translation>快捷键被占用</translation>
    </message>
    <message>
        <source>MartLive cannot hear yet</source>
        <translation>MartLive 还听不到</translation>
    </message>
    <message>
        <source>MartLive stopped by surprise last time; what was recorded is kept. What happened, without a word of yours, is in {file}.</source>
        <translation>MartLive 上次意外停止了；已录下的内容都还在。出了什么事记在 {file} 里，其中没有你说过的任何话。</translation>
    </message>
    <message>
        <source>No microphone</source>
        <translation>没有麦克风</translation>
    </message>
    <message>
        <source>Open report</source>
        <translation>打开报告</translation>
    </message>
    <message>
        <source>See what went well, and one thing to work on.</source>
        <translation>看看哪些做得好，以及一件可以改进的事。</translation>
    </message>
    <message>
        <source>The show begins with your stream.</source>
        <translation>推流一开始，直播就开始。</translation>
    </message>
    <message>
        <source>Watch the demo show</source>
        <translation>看演示直播</translation>
    </message>
    <message>
        <source>Whoever records the whole screen records the overlay, too.</source>
        <translation>录制整个屏幕时，悬浮窗也会录进去。</translation>
    </message>
    <message>
        <source>Your plan is saved; it is used from the next show on.</source>
        <translation>计划已保存；下一场直播开始使用。</translation>
    </message>
    <message>
        <source>Your report is ready</source>
        <translation>报告已经好了</translation>
    </message>
    <message>
        <source>Your report is ready. Click here to open it.</source>
        <translation>报告已经好了，点这里打开。</translation>
    </message>
    <message>
        <source>Your system cannot leave a window out; record single windows, not the screen.</source>
        <translation>你的系统不能单独排除窗口；请录制单个窗口，不要录整个屏幕。</translation>
    </message>
    <message>
        <source>Your system says that it leaves the overlay out; try a recording before you rely on it.</source>
        <translation>系统表示不会录到悬浮窗；请先试录一段再放心使用。</translation>
    </message>
    <message>
        <source>{update} Click here to fetch it.</source>
        <translation>{update} 点击此处下载。</translation>
    </message>
</context>
<context>
    <name>FirstRun</name>
    <message>
        <source>Back</source>
        <translation>上一步</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>下一步</translation>
    </message>
    <message>
        <source>Skip for now</source>
        <translation>以后再说</translation>
    </message>
    <message>
        <source>Start coaching</source>
        <translation>开始指导</translation>
    </message>
    <message>
        <source>Step %1 of %2</source>
        <translation>第 %1 步，共 %2 步</translation>
    </message>
    <message>
        <source>about %1 min left</source>
        <translation>大约还要 %1 分钟</translation>
    </message>
    <message>
        <source>about %1 s left</source>
        <translation>大约还要 %1 秒</translation>
    </message>
</context>
<context>
    <name>FirstRunDesk</name>
    <message>
        <source>It is not in that folder.</source>
        <translation>那个文件夹里没有它。</translation>
    </message>
    <message>
        <source>Its files are damaged. Get it again, and it works.</source>
        <translation>文件已损坏。重新下载就能用。</translation>
    </message>
    <message>
        <source>Not watched</source>
        <translation>不看</translation>
    </message>
    <message>
        <source>Nothing</source>
        <translation>不看</translation>
    </message>
    <message>
        <source>We find no microphone. Plug one in, and it shows up here.</source>
        <translation>没有找到麦克风。插上后会显示在这里。</translation>
    </message>
    <message>
        <source>What viewers get</source>
        <translation>观众看到的画面</translation>
    </message>
    <message>
        <source>“%1” is not there. Plug it in, or choose another one.</source>
        <translation>“%1”不在。请插上它，或另选一个。</translation>
    </message>
</context>
<context>
    <name>History</name>
    <message>
        <source>At {time}: {words}</source>
        <translation>{time}：{words}</translation>
    </message>
    <message>
        <source>Cut off</source>
        <translation>中途断开</translation>
    </message>
    <message>
        <source>Longest silence</source>
        <translation>最长沉默</translation>
    </message>
    <message>
        <source>MMMM yyyy</source>
        <extracomment>How a month is written, as in November 2026, by Qt&apos;s signs for dates.</extracomment>
        <translation>yyyy年M月</translation>
    </message>
    <message>
        <source>One tip</source>
        <translation>1 条提示</translation>
    </message>
    <message>
        <source>Pace</source>
        <translation>语速</translation>
    </message>
    <message>
        <source>Prices said in time</source>
        <translation>及时报价</translation>
    </message>
    <message>
        <source>Questions answered</source>
        <translation>已回答的问题</translation>
    </message>
    <message>
        <source>Time you spoke</source>
        <translation>说话时间</translation>
    </message>
    <message>
        <source>Tips you took up</source>
        <translation>采纳的提示</translation>
    </message>
    <message>
        <source>Untitled show</source>
        <translation>未命名的直播</translation>
    </message>
    <message>
        <source>{amount} %</source>
        <translation>{amount}%</translation>
    </message>
    <message>
        <source>{amount} words/min</source>
        <translation>每分钟 {amount} 词</translation>
    </message>
    <message>
        <source>{count} more – add a word to see fewer</source>
        <translation>还有 {count} 处，再加一个词会更少</translation>
    </message>
    <message>
        <source>{count} tips</source>
        <translation>{count} 条提示</translation>
    </message>
    <message>
        <source>{day}, {time}</source>
        <translation>{day} {time}</translation>
    </message>
    <message>
        <source>{hours} h {minutes} min</source>
        <translation>{hours} 小时 {minutes} 分</translation>
    </message>
    <message>
        <source>{minutes} min</source>
        <translation>{minutes} 分钟</translation>
    </message>
    <message>
        <source>{seconds} s</source>
        <translation>{seconds} 秒</translation>
    </message>
</context>
<context>
    <name>HistoryDesk</name>
    <message>
        <source>Both shows are being compared…</source>
        <translation>正在比较两场直播……</translation>
    </message>
    <message>
        <source>Everything is erased.</source>
        <translation>已全部清除。</translation>
    </message>
    <message>
        <source>Exported to {name}.</source>
        <translation>已导出到 {name}。</translation>
    </message>
    <message>
        <source>The report is being made…</source>
        <translation>正在生成报告……</translation>
    </message>
    <message>
        <source>The show is being exported…</source>
        <translation>正在导出……</translation>
    </message>
    <message>
        <source>The show is being imported…</source>
        <translation>正在导入……</translation>
    </message>
    <message>
        <source>Your trends are being drawn…</source>
        <translation>正在绘制趋势……</translation>
    </message>
    <message>
        <source>{name} is imported.</source>
        <translation>已导入 {name}。</translation>
    </message>
</context>
<context>
    <name>HistoryDetails</name>
    <message>
        <source>As summer, new camera</source>
        <translation>如：夏季，新镜头</translation>
    </message>
    <message>
        <source>Compare with…</source>
        <translation>比较……</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Delete for good?</source>
        <translation>永久删除？</translation>
    </message>
    <message>
        <source>Delete this show</source>
        <translation>删除这场直播</translation>
    </message>
    <message>
        <source>Export this show</source>
        <translation>导出这场直播</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>导出……</translation>
    </message>
    <message>
        <source>It was cut off. Everything up to its last second is here.</source>
        <translation>这场直播中途断开，直到最后一秒的内容都在。</translation>
    </message>
    <message>
        <source>Notes</source>
        <translation>笔记</translation>
    </message>
    <message>
        <source>Open report</source>
        <translation>打开报告</translation>
    </message>
    <message>
        <source>Open the report once, and its measures stand here.</source>
        <translation>打开一次报告，这里就会显示各项指标。</translation>
    </message>
    <message>
        <source>Tags</source>
        <translation>标签</translation>
    </message>
    <message>
        <source>What you want to remember</source>
        <translation>想记住的事</translation>
    </message>
    <message>
        <source>Words of your own, with commas between</source>
        <translation>自己的词，用逗号隔开</translation>
    </message>
</context>
<context>
    <name>HistoryList</name>
    <message>
        <source>Enter opens the report, Ctrl+Space chooses a second show to compare, Delete asks to delete.</source>
        <translation>回车打开报告，Ctrl+空格再选一场来比较，Delete 键询问是否删除。</translation>
    </message>
    <message>
        <source>Your shows</source>
        <translation>你的直播</translation>
    </message>
</context>
<context>
    <name>HistoryWindow</name>
    <message numerus="yes">
        <source>%n shows would be gone for good, with every word, tip, note, report and sound that was kept.</source>
        <translation>
            <numerusform>%n 场直播会被永久清除，包括保存的每句话、提示、笔记、报告和声音。</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n shows, {size} in {folder}</source>
        <translation>
            <numerusform>%n 场直播，共 {size}，在 {folder}</numerusform>
        </translation>
    </message>
    <message>
        <source>After your first show it is here. Nothing leaves this computer.</source>
        <translation>第一场直播结束后就会出现在这里。一切都留在这台电脑上。</translation>
    </message>
    <message>
        <source>Best moments as a table</source>
        <translation>精彩片段（表格）</translation>
    </message>
    <message>
        <source>Best moments for a video editor</source>
        <translation>精彩片段（剪辑软件）</translation>
    </message>
    <message>
        <source>Chapters for YouTube</source>
        <translation>YouTube 章节</translation>
    </message>
    <message>
        <source>Choose the other show and press Enter, or double-click it. Escape ends this.</source>
        <translation>选中另一场直播并按回车，或双击它。按 Esc 取消。</translation>
    </message>
    <message>
        <source>Compare both</source>
        <translation>比较两场</translation>
    </message>
    <message>
        <source>Compare with…</source>
        <translation>比较……</translation>
    </message>
    <message>
        <source>Erase everything</source>
        <translation>全部清除</translation>
    </message>
    <message>
        <source>Erase everything…</source>
        <translation>全部清除……</translation>
    </message>
    <message>
        <source>Export this show</source>
        <translation>导出这场直播</translation>
    </message>
    <message>
        <source>Find a moment again, and see how you come along.</source>
        <translation>找回某个瞬间，看看自己的进步。</translation>
    </message>
    <message>
        <source>Import a show</source>
        <translation>导入直播</translation>
    </message>
    <message>
        <source>Import a show from a zip file</source>
        <translation>从 zip 文件导入直播</translation>
    </message>
    <message>
        <source>Import…</source>
        <translation>导入……</translation>
    </message>
    <message>
        <source>JSON</source>
        <translation>JSON</translation>
    </message>
    <message>
        <source>Keep them</source>
        <translation>保留</translation>
    </message>
    <message>
        <source>Markdown</source>
        <translation>Markdown</translation>
    </message>
    <message>
        <source>MartLive – Past shows</source>
        <translation>MartLive – 往期直播</translation>
    </message>
    <message>
        <source>No show yet</source>
        <translation>还没有直播</translation>
    </message>
    <message>
        <source>No title, no tag and no word you said has this. Try fewer letters.</source>
        <translation>标题、标签和你说过的话里都没有。试试少输入几个字。</translation>
    </message>
    <message>
        <source>Nothing found</source>
        <translation>没有找到</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>打开文件夹</translation>
    </message>
    <message>
        <source>Past shows</source>
        <translation>往期直播</translation>
    </message>
    <message>
        <source>Report</source>
        <translation>报告</translation>
    </message>
    <message>
        <source>Search past shows</source>
        <translation>搜索往期直播</translation>
    </message>
    <message>
        <source>Search titles, tags and what you said</source>
        <translation>搜索标题、标签和你说过的话</translation>
    </message>
    <message>
        <source>Shows from MartLive</source>
        <translation>MartLive 直播</translation>
    </message>
    <message>
        <source>Subtitles</source>
        <translation>字幕</translation>
    </message>
    <message>
        <source>Subtitles for the web</source>
        <translation>网页字幕</translation>
    </message>
    <message>
        <source>Table of what you said</source>
        <translation>说过的话（表格）</translation>
    </message>
    <message>
        <source>The whole show, to keep or import</source>
        <translation>整场直播（可保存或导入）</translation>
    </message>
    <message>
        <source>Trends</source>
        <translation>趋势</translation>
    </message>
    <message>
        <source>Trends over your shows</source>
        <translation>各场直播的趋势</translation>
    </message>
    <message>
        <source>What you said, as text</source>
        <translation>说过的话（文本）</translation>
    </message>
    <message>
        <source>{name} is there already. Choose another name.</source>
        <translation>{name} 已经存在，请换一个名字。</translation>
    </message>
</context>
<context>
    <name>HotkeyField</name>
    <message>
        <source>Hold Ctrl or Alt, too: you need this key when you type.</source>
        <translation>请同时按住 Ctrl 或 Alt：这个键打字时要用。</translation>
    </message>
    <message>
        <source>No keys</source>
        <translation>未设置</translation>
    </message>
    <message>
        <source>Press keys…</source>
        <translation>按下按键…</translation>
    </message>
    <message>
        <source>Press the new keys; Escape keeps the old ones.</source>
        <translation>按下新的快捷键；按 Esc 保留原来的。</translation>
    </message>
    <message>
        <source>This key is not on every keyboard. Choose a letter, a figure or F1 to F24.</source>
        <translation>不是每个键盘都有这个键。请用字母、数字或 F1 到 F24。</translation>
    </message>
</context>
<context>
    <name>KeysDesk</name>
    <message>
        <source>Coaching on or off</source>
        <translation>开启或关闭指导</translation>
    </message>
    <message>
        <source>Hide everything now</source>
        <translation>立即全部隐藏</translation>
    </message>
    <message>
        <source>Let clicks through</source>
        <translation>点击穿透</translation>
    </message>
    <message>
        <source>Mark this moment</source>
        <translation>标记这一刻</translation>
    </message>
    <message>
        <source>Send the tip away</source>
        <translation>收起提示</translation>
    </message>
    <message>
        <source>Show or hide the overlay</source>
        <translation>显示或隐藏悬浮窗</translation>
    </message>
    <message>
        <source>The last tip again</source>
        <translation>再看一次上一条提示</translation>
    </message>
    <message>
        <source>The next item is on</source>
        <translation>切换到下一个商品</translation>
    </message>
    <message>
        <source>Watch the screen, or not</source>
        <translation>看画面，或暂停</translation>
    </message>
</context>
<context>
    <name>KeysPage</name>
    <message>
        <source>Another program has the marked keys. Choose others here, or close that program.</source>
        <translation>标出的按键已被其他程序占用。请在这里换一组，或关闭那个程序。</translation>
    </message>
    <message>
        <source>Change keys…</source>
        <translation>更改按键…</translation>
    </message>
    <message>
        <source>Coaching on or off</source>
        <translation>开启或关闭指导</translation>
    </message>
    <message>
        <source>Hide everything that is only for you</source>
        <translation>隐藏所有只给你看的内容</translation>
    </message>
    <message>
        <source>Let clicks through the overlay</source>
        <translation>点击穿透悬浮窗</translation>
    </message>
    <message>
        <source>Look away from the screen</source>
        <translation>暂停看画面</translation>
    </message>
    <message>
        <source>Mark this moment</source>
        <translation>标记此刻</translation>
    </message>
    <message>
        <source>Send the tip away</source>
        <translation>关闭提示</translation>
    </message>
    <message>
        <source>Show or hide the overlay</source>
        <translation>显示或隐藏悬浮窗</translation>
    </message>
    <message>
        <source>The last tip again</source>
        <translation>再看上一条提示</translation>
    </message>
    <message>
        <source>The plan’s next item is on</source>
        <translation>切到计划里的下一个商品</translation>
    </message>
    <message>
        <source>They work in every window, also in a game. Press one now to try it: its line lights up.</source>
        <translation>它们在任何窗口里都有效，游戏里也一样。现在按一下试试：对应的那一行会亮起来。</translation>
    </message>
    <message>
        <source>Your keys</source>
        <translation>你的快捷键</translation>
    </message>
</context>
<context>
    <name>LanguagePage</name>
    <message>
        <source>A coach that only you see. Two minutes, and it is ready for your first show.</source>
        <translation>只有你看得到的直播教练。两分钟设置好，就能用在你的第一场直播。</translation>
    </message>
    <message>
        <source>Another language that you speak</source>
        <translation>你说的另一种语言</translation>
    </message>
    <message>
        <source>Another language…</source>
        <translation>其他语言…</translation>
    </message>
    <message>
        <source>English</source>
        <translation>英语</translation>
    </message>
    <message>
        <source>Find out by itself</source>
        <translation>自动识别</translation>
    </message>
    <message>
        <source>Language of MartLive</source>
        <translation>MartLive 的界面语言</translation>
    </message>
    <message>
        <source>Language that you speak in your show</source>
        <translation>你直播时说的语言</translation>
    </message>
    <message>
        <source>Mandarin</source>
        <translation>普通话</translation>
    </message>
    <message>
        <source>MartLive hears all of them. English it knows best; tips are in English or Chinese.</source>
        <translation>这些语言 MartLive 都听得懂，英语最熟；提示可以是英文或中文。</translation>
    </message>
    <message>
        <source>System</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>Welcome to MartLive</source>
        <translation>欢迎使用 MartLive</translation>
    </message>
    <message>
        <source>You speak</source>
        <translation>你说</translation>
    </message>
</context>
<context>
    <name>LevelMeter</name>
    <message>
        <source>Voice level</source>
        <translation>音量</translation>
    </message>
    <message>
        <source>{lit} of {bars}</source>
        <translation>{lit} 格，共 {bars} 格</translation>
    </message>
</context>
<context>
    <name>Measures</name>
    <message>
        <source>{amount}, usually {usual}</source>
        <translation>{amount}，平时 {usual}</translation>
    </message>
</context>
<context>
    <name>MicrophonePage</name>
    <message>
        <source>A little loud. Move back, or turn the microphone down.</source>
        <translation>声音偏大。离远一点，或把麦克风调小。</translation>
    </message>
    <message>
        <source>A little quiet. Move closer, or turn the microphone up.</source>
        <translation>声音偏小。靠近一点，或把麦克风调大。</translation>
    </message>
    <message>
        <source>A moment – we get ready to follow your words.</source>
        <translation>请稍等，正在准备识别你的话。</translation>
    </message>
    <message>
        <source>Can we hear you?</source>
        <translation>能听到你吗？</translation>
    </message>
    <message>
        <source>Choose your microphone and say something. Nothing is recorded or kept.</source>
        <translation>选好麦克风，说句话试试。不会录音，也不会保存。</translation>
    </message>
    <message>
        <source>Microphone</source>
        <translation>麦克风</translation>
    </message>
    <message>
        <source>Say: “Hello, this is my show.” Your words show up below.</source>
        <translation>说一句：“大家好，欢迎来到我的直播间。”你的话会显示在下面。</translation>
    </message>
    <message>
        <source>Speech model</source>
        <translation>语音模型</translation>
    </message>
    <message>
        <source>The system’s choice</source>
        <translation>系统默认</translation>
    </message>
    <message>
        <source>To see your words here, MartLive needs its speech model. It stays on this computer.</source>
        <translation>要在这里看到你的话，MartLive 需要语音模型。模型只留在这台电脑上。</translation>
    </message>
    <message>
        <source>Voice level</source>
        <translation>音量</translation>
    </message>
    <message>
        <source>We are listening – say something.</source>
        <translation>正在听，说句话吧。</translation>
    </message>
    <message>
        <source>We hear nothing – is it muted?</source>
        <translation>什么都没听到，是不是静音了？</translation>
    </message>
    <message>
        <source>We hear you well.</source>
        <translation>听得很清楚。</translation>
    </message>
    <message>
        <source>What we understand</source>
        <translation>识别到的内容</translation>
    </message>
    <message>
        <source>Your words do not come. Go on – MartLive tries again in your show.</source>
        <translation>没有识别出来。先继续吧，开播后 MartLive 会再试。</translation>
    </message>
</context>
<context>
    <name>ModelFetch</name>
    <message>
        <source>%1 of %2</source>
        <translation>%1 / %2</translation>
    </message>
    <message>
        <source>Begins…</source>
        <translation>正在开始…</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Get</source>
        <translation>下载</translation>
    </message>
    <message>
        <source>Get the speech model (%1, %2)</source>
        <translation>下载语音模型（%1，%2）</translation>
    </message>
    <message>
        <source>Here</source>
        <translation>已就绪</translation>
    </message>
    <message>
        <source>Next in line</source>
        <translation>排队中</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>再试一次</translation>
    </message>
</context>
<context>
    <name>ModelRow</name>
    <message>
        <source>Hears what you say</source>
        <translation>听懂你说的话</translation>
    </message>
    <message>
        <source>Knows when a question was answered</source>
        <translation>知道提问有没有答到</translation>
    </message>
    <message>
        <source>Optional</source>
        <translation>可选</translation>
    </message>
    <message>
        <source>Words tips</source>
        <translation>写提示的措辞</translation>
    </message>
</context>
<context>
    <name>ModelView</name>
    <message>
        <source>(nothing in time)</source>
        <translation>（没来得及回答）</translation>
    </message>
    <message>
        <source>MartLive – what the model is asked</source>
        <translation>MartLive – 问了模型什么</translation>
    </message>
    <message>
        <source>Nothing yet: the model is asked when a tip is due that it may word.</source>
        <translation>还没有：有提示可以交给模型措辞时才会问它。</translation>
    </message>
    <message>
        <source>asked:  {asked}
wrote:  {answer}
</source>
        <translation>提问：{asked}
回答：{answer}
</translation>
    </message>
</context>
<context>
    <name>ModelsPage</name>
    <message>
        <source>Choose a folder…</source>
        <translation>选择文件夹…</translation>
    </message>
    <message>
        <source>Choose the folder that has the models</source>
        <translation>选择存放模型的文件夹</translation>
    </message>
    <message>
        <source>Models are fetched once and then work without the internet. You can go on meanwhile.</source>
        <translation>模型只需下载一次，之后不联网也能用。下载时你可以继续往下走。</translation>
    </message>
    <message>
        <source>What MartLive thinks with</source>
        <translation>MartLive 用到的模型</translation>
    </message>
    <message>
        <source>You have them on a stick or in a shared folder? Then no internet is needed.</source>
        <translation>U 盘或共享文件夹里已有模型？那就不需要互联网。</translation>
    </message>
</context>
<context>
    <name>NameControl</name>
    <message>
        <source>{name} (not here now)</source>
        <translation>{name}（当前不在）</translation>
    </message>
</context>
<context>
    <name>Notice</name>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>ObsPage</name>
    <message>
        <source>Add the stream window to my scene</source>
        <translation>把直播窗口加到我的场景</translation>
    </message>
    <message>
        <source>Come back here and press “Look again”.</source>
        <translation>回到这里，点“再找一次”。</translation>
    </message>
    <message>
        <source>Connect</source>
        <translation>连接</translation>
    </message>
    <message>
        <source>Do you stream with OBS?</source>
        <translation>你用 OBS 直播吗？</translation>
    </message>
    <message>
        <source>For your viewers: the product on show, its price, captions. Your tips are not on it.</source>
        <translation>给观众看：正在讲解的商品、价格、字幕。你的提示不会出现在上面。</translation>
    </message>
    <message>
        <source>In OBS, open Tools → WebSocket Server Settings.</source>
        <translation>在 OBS 里打开“工具 → WebSocket 服务器设置”。</translation>
    </message>
    <message>
        <source>Look again</source>
        <translation>再找一次</translation>
    </message>
    <message>
        <source>Looking for OBS on this computer…</source>
        <translation>正在这台电脑上找 OBS…</translation>
    </message>
    <message>
        <source>OBS does not answer. Is it running?</source>
        <translation>OBS 没有回应。它打开了吗？</translation>
    </message>
    <message>
        <source>OBS has another password: Tools → WebSocket Server Settings → Show Connect Info.</source>
        <translation>OBS 的密码不是这个：见“工具 → WebSocket 服务器设置 → 显示连接信息”。</translation>
    </message>
    <message>
        <source>OBS is connected.</source>
        <translation>已连接 OBS。</translation>
    </message>
    <message>
        <source>OBS is here and asks for its password.</source>
        <translation>找到 OBS 了，需要它的密码。</translation>
    </message>
    <message>
        <source>OBS shows it under Tools → WebSocket Server Settings → Show Connect Info.</source>
        <translation>在 OBS 的“工具 → WebSocket 服务器设置 → 显示连接信息”里可以看到。</translation>
    </message>
    <message>
        <source>Password of OBS’s WebSocket server</source>
        <translation>OBS WebSocket 服务器的密码</translation>
    </message>
    <message>
        <source>Tick “Enable WebSocket server” and press OK.</source>
        <translation>勾选“开启 WebSocket 服务器”，点“确定”。</translation>
    </message>
    <message>
        <source>With it, MartLive sees what your viewers get, and whether your stream runs well.</source>
        <translation>连上后，MartLive 就能看到观众看到的画面，也知道推流是否顺畅。</translation>
    </message>
</context>
<context>
    <name>PartPage</name>
    <message>
        <source>A part of the screen</source>
        <translation>屏幕的一部分</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Drag over the part that viewers see</source>
        <translation>框出观众看到的部分</translation>
    </message>
    <message>
        <source>Is this window in the way? Move it aside.</source>
        <translation>这个窗口挡住了？把它移开就好。</translation>
    </message>
    <message>
        <source>No monitor can be seen here.</source>
        <translation>这里看不到任何显示器。</translation>
    </message>
    <message>
        <source>Watch this part</source>
        <translation>看这一部分</translation>
    </message>
    <message>
        <source>Watched</source>
        <translation>观看区域</translation>
    </message>
</context>
<context>
    <name>PasswordControl</name>
    <message>
        <source>Keep</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>Kept in the keyring</source>
        <translation>已存入密钥环</translation>
    </message>
</context>
<context>
    <name>PlanEditor</name>
    <message numerus="yes">
        <source>%n fields are to be mended before you can save.</source>
        <translation>
            <numerusform>还有 %n 处要改好才能保存。</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n products are in. These lines are not:</source>
        <translation>
            <numerusform>已导入 %n 个商品。下面这些行没有导入：</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n products · {minutes} min</source>
        <translation>
            <numerusform>%n 个商品 · {minutes} 分钟</numerusform>
        </translation>
    </message>
    <message>
        <source>A gaming show</source>
        <translation>游戏直播</translation>
    </message>
    <message>
        <source>A price, as 19.90</source>
        <translation>请填价格，例如 19.90</translation>
    </message>
    <message>
        <source>A selling show</source>
        <translation>带货直播</translation>
    </message>
    <message>
        <source>A talk show</source>
        <translation>聊天直播</translation>
    </message>
    <message>
        <source>Add pictures</source>
        <translation>添加图片</translation>
    </message>
    <message>
        <source>Add product</source>
        <translation>添加商品</translation>
    </message>
    <message>
        <source>All right</source>
        <translation>知道了</translation>
    </message>
    <message>
        <source>An empty plan, or one to begin from</source>
        <translation>空白计划，或从模板开始</translation>
    </message>
    <message>
        <source>Another product has this name. Give each its own.</source>
        <translation>已有同名商品。请给每个商品不同的名称。</translation>
    </message>
    <message>
        <source>Choose a table of products</source>
        <translation>选择商品表格</translation>
    </message>
    <message>
        <source>Choose pictures</source>
        <translation>选择图片</translation>
    </message>
    <message>
        <source>Do not save</source>
        <translation>不保存</translation>
    </message>
    <message>
        <source>Drag to put them in order, or press Alt+Up and Alt+Down.</source>
        <translation>拖动可以调整顺序，也可以按 Alt+↑ 和 Alt+↓。</translation>
    </message>
    <message>
        <source>Each product gets a price, a few facts and what you want to say. MartLive reminds you of what is still unsaid. Begin with an example and write over it:</source>
        <translation>给每个商品写上价格、几条信息和你想讲的话。还没讲到的，MartLive 会提醒你。先选一个示例，再改成你的：</translation>
    </message>
    <message>
        <source>Empty plan</source>
        <translation>空白计划</translation>
    </message>
    <message>
        <source>Example</source>
        <translation>示例</translation>
    </message>
    <message>
        <source>Import</source>
        <translation>导入</translation>
    </message>
    <message>
        <source>Import CSV…</source>
        <translation>导入 CSV…</translation>
    </message>
    <message>
        <source>Keep editing</source>
        <translation>继续编辑</translation>
    </message>
    <message>
        <source>Minutes, as 5</source>
        <translation>请填分钟数，例如 5</translation>
    </message>
    <message>
        <source>Move</source>
        <translation>移动</translation>
    </message>
    <message>
        <source>My show</source>
        <translation>我的直播</translation>
    </message>
    <message>
        <source>New</source>
        <translation>新建</translation>
    </message>
    <message>
        <source>New plan</source>
        <translation>新计划</translation>
    </message>
    <message>
        <source>One field is to be mended before you can save.</source>
        <translation>还有 1 处要改好才能保存。</translation>
    </message>
    <message>
        <source>One product · {minutes} min</source>
        <translation>1 个商品 · {minutes} 分钟</translation>
    </message>
    <message>
        <source>Open a plan</source>
        <translation>打开计划</translation>
    </message>
    <message>
        <source>Open…</source>
        <translation>打开…</translation>
    </message>
    <message>
        <source>Pictures</source>
        <translation>图片</translation>
    </message>
    <message>
        <source>Products</source>
        <translation>商品</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>重做</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Remove picture</source>
        <translation>移除图片</translation>
    </message>
    <message>
        <source>Rename the file: two spaces in a row cannot be kept.</source>
        <translation>请给文件改名：名称里不能有连续两个空格。</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>Save as…</source>
        <translation>另存为…</translation>
    </message>
    <message>
        <source>Save the plan as</source>
        <translation>计划另存为</translation>
    </message>
    <message>
        <source>Show me</source>
        <translation>去看看</translation>
    </message>
    <message>
        <source>Show plan</source>
        <translation>直播计划</translation>
    </message>
    <message>
        <source>Show plans</source>
        <translation>直播计划</translation>
    </message>
    <message>
        <source>Show what is to be mended</source>
        <translation>查看要改的地方</translation>
    </message>
    <message>
        <source>Tables</source>
        <translation>表格</translation>
    </message>
    <message>
        <source>This plan has changes that are not saved yet.</source>
        <translation>这份计划有改动还没保存。</translation>
    </message>
    <message>
        <source>Three letters, as EUR</source>
        <translation>三个字母，例如 CNY</translation>
    </message>
    <message>
        <source>Typing</source>
        <translation>输入</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>What will you show?</source>
        <translation>这场播什么？</translation>
    </message>
    <message>
        <source>What you sell and what must be said, so that MartLive can remind you.</source>
        <translation>你卖什么、哪些话必须讲到，都写在这里，MartLive 会提醒你。</translation>
    </message>
    <message>
        <source>Write what it is called.</source>
        <translation>请填写名称。</translation>
    </message>
    <message>
        <source>{name} is there already. Choose it, or another name.</source>
        <translation>“{name}”已经存在。请选中它，或换个名称。</translation>
    </message>
    <message>
        <source>{name}[*] – MartLive</source>
        <translation>{name}[*] – MartLive</translation>
    </message>
    <message numerus="yes">
        <source>… and %n more.</source>
        <translation>
            <numerusform>……还有 %n 行。</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Preview</name>
    <message>
        <source>Nothing yet: the stream window is closed</source>
        <translation>还没有内容：直播窗口没有打开</translation>
    </message>
    <message>
        <source>Viewers see nothing of MartLive yet.</source>
        <translation>观众还看不到 MartLive 的内容。</translation>
    </message>
    <message>
        <source>What viewers see</source>
        <translation>观众看到的画面</translation>
    </message>
</context>
<context>
    <name>PrivacyPage</name>
    <message>
        <source>MartLive cannot hear you yet.</source>
        <translation>MartLive 还听不到你。</translation>
    </message>
    <message>
        <source>MartLive hears you on this computer.</source>
        <translation>MartLive 就在这台电脑上听你说话。</translation>
    </message>
    <message>
        <source>Nothing leaves this computer unless you turn that on.</source>
        <translation>除非你自己开启，什么都不会离开这台电脑。</translation>
    </message>
    <message>
        <source>Pictures are measured and forgotten.</source>
        <translation>画面只做测量，不保存。</translation>
    </message>
    <message>
        <source>Speech model</source>
        <translation>语音模型</translation>
    </message>
    <message>
        <source>Start MartLive when I log in</source>
        <translation>登录时启动 MartLive</translation>
    </message>
    <message>
        <source>The speech model is on its way. You can start as soon as it is here.</source>
        <translation>语音模型正在下载，下好就能开始。</translation>
    </message>
    <message>
        <source>What happens on your computer stays there</source>
        <translation>你电脑上的事，只留在你电脑上</translation>
    </message>
    <message>
        <source>You are ready. Three things to know:</source>
        <translation>准备好了。还有三件事要知道：</translation>
    </message>
</context>
<context>
    <name>ProductDetails</name>
    <message>
        <source>Add pictures…</source>
        <translation>添加图片…</translation>
    </message>
    <message>
        <source>Choose a product, and note here what you want to say about it.</source>
        <translation>先选一个商品，再把想讲的话记在这里。</translation>
    </message>
    <message>
        <source>Delete removes the chosen picture.</source>
        <translation>按 Delete 移除选中的图片。</translation>
    </message>
    <message>
        <source>Do not say</source>
        <translation>不能说的话</translation>
    </message>
    <message>
        <source>Facts</source>
        <translation>商品信息</translation>
    </message>
    <message>
        <source>MartLive then sees what you show. Three are enough: front, back, in use.</source>
        <translation>有了图片，MartLive 就能认出你在展示什么。三张就够：正面、背面、使用中。</translation>
    </message>
    <message>
        <source>Minutes</source>
        <translation>分钟</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>New product</source>
        <translation>新商品</translation>
    </message>
    <message>
        <source>One a line: promises that you may not make.</source>
        <translation>一行一条：不能做的承诺。</translation>
    </message>
    <message>
        <source>One a line: size, material, what is in the box.</source>
        <translation>一行一条：尺寸、材质、包装内有什么。</translation>
    </message>
    <message>
        <source>One a line: what else you call it on air.</source>
        <translation>一行一个：直播时你还会怎么叫它。</translation>
    </message>
    <message>
        <source>One a line: what you want to have said.</source>
        <translation>一行一条：一定要讲到的点。</translation>
    </message>
    <message>
        <source>Other names</source>
        <translation>别名</translation>
    </message>
    <message>
        <source>Pictures</source>
        <translation>图片</translation>
    </message>
    <message>
        <source>Pictures of this product</source>
        <translation>这个商品的图片</translation>
    </message>
    <message>
        <source>Price</source>
        <translation>价格</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Remove the chosen picture</source>
        <translation>移除选中的图片</translation>
    </message>
    <message>
        <source>Remove this product</source>
        <translation>移除这个商品</translation>
    </message>
    <message>
        <source>Talking points</source>
        <translation>讲解要点</translation>
    </message>
</context>
<context>
    <name>ProductModel</name>
    <message>
        <source>Give it a name</source>
        <translation>请填写名称</translation>
    </message>
    <message>
        <source>Minutes</source>
        <translation>分钟</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Price</source>
        <translation>价格</translation>
    </message>
    <message>
        <source>{name} cannot be shown. Choose a JPEG, PNG or WebP picture.</source>
        <translation>“{name}”无法显示。请选 JPEG、PNG 或 WebP 图片。</translation>
    </message>
    <message>
        <source>{name} is not there any more. Add the picture again.</source>
        <translation>“{name}”已经不在了。请重新添加图片。</translation>
    </message>
    <message>
        <source>{name} is too large. Choose one of at most 50 megapixels.</source>
        <translation>“{name}”太大了。请选不超过 5000 万像素的图片。</translation>
    </message>
</context>
<context>
    <name>ProductTable</name>
    <message>
        <source>Alt+Up and Alt+Down move a product, Delete removes it, F2 changes it.</source>
        <translation>Alt+↑ 和 Alt+↓ 移动商品，Delete 移除，F2 修改。</translation>
    </message>
    <message>
        <source>Columns</source>
        <translation>列</translation>
    </message>
    <message>
        <source>Order</source>
        <translation>顺序</translation>
    </message>
    <message>
        <source>Products</source>
        <translation>商品</translation>
    </message>
</context>
<context>
    <name>RecentTips</name>
    <message numerus="yes">
        <source>%n min ago</source>
        <translation>
            <numerusform>%n 分钟前</numerusform>
        </translation>
    </message>
    <message>
        <source>just now</source>
        <translation>刚刚</translation>
    </message>
    <message>
        <source>{tip}, {age}</source>
        <translation>{tip}，{age}</translation>
    </message>
</context>
<context>
    <name>RegionView</name>
    <message>
        <source>{hint}, or press Enter and use the arrow keys</source>
        <translation>{hint}，也可以按 Enter 后用方向键</translation>
    </message>
    <message>
        <source>{width} by {height} percent, {left} from the left, {top} from the top. Arrow keys move it, with Shift they size it.</source>
        <translation>宽 {width}%，高 {height}%，距左边 {left}%，距上边 {top}%。方向键移动它，按住 Shift 改变大小。</translation>
    </message>
</context>
<context>
    <name>RemoteDesk</name>
    <message>
        <source>Trying…</source>
        <translation>正在尝试……</translation>
    </message>
</context>
<context>
    <name>Row</name>
    <message>
        <source>Reset</source>
        <translation>恢复默认</translation>
    </message>
    <message>
        <source>Reset {label}</source>
        <translation>将“{label}”恢复默认</translation>
    </message>
</context>
<context>
    <name>SceneRow</name>
    <message>
        <source>Forget</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Forget {scene}</source>
        <translation>删除“{scene}”</translation>
    </message>
    <message>
        <source>Replace</source>
        <translation>替换</translation>
    </message>
    <message>
        <source>Replace {scene} with this picture</source>
        <translation>用当前画面替换“{scene}”</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>Save the picture as {scene}</source>
        <translation>把画面存为“{scene}”</translation>
    </message>
    <message>
        <source>not saved</source>
        <translation>未保存</translation>
    </message>
    <message>
        <source>saved</source>
        <translation>已保存</translation>
    </message>
    <message>
        <source>{scene}, not saved</source>
        <translation>{scene}，未保存</translation>
    </message>
    <message>
        <source>{scene}, saved</source>
        <translation>{scene}，已保存</translation>
    </message>
</context>
<context>
    <name>ScenesCard</name>
    <message>
        <source>Break</source>
        <translation>休息</translation>
    </message>
    <message>
        <source>Main</source>
        <translation>主画面</translation>
    </message>
    <message>
        <source>No saved scene on screen</source>
        <translation>当前不是已存的场景</translation>
    </message>
    <message>
        <source>On screen now: {scene}</source>
        <translation>当前画面：{scene}</translation>
    </message>
    <message>
        <source>Scenes</source>
        <translation>场景</translation>
    </message>
    <message>
        <source>So that a break left on is noticed.</source>
        <translation>休息画面忘了切回会提醒你。</translation>
    </message>
    <message>
        <source>Starting soon</source>
        <translation>即将开播</translation>
    </message>
</context>
<context>
    <name>ScreenDesk</name>
    <message>
        <source>Drag a rectangle</source>
        <translation>框选一块</translation>
    </message>
    <message>
        <source>Not open</source>
        <translation>未打开</translation>
    </message>
    <message>
        <source>Not running</source>
        <translation>未运行</translation>
    </message>
    <message>
        <source>Not watched</source>
        <translation>不看</translation>
    </message>
    <message>
        <source>Nothing</source>
        <translation>不看</translation>
    </message>
    <message>
        <source>OBS program</source>
        <translation>OBS 输出画面</translation>
    </message>
    <message>
        <source>Part of a screen…</source>
        <translation>屏幕的一部分…</translation>
    </message>
    <message>
        <source>Unplugged</source>
        <translation>已拔下</translation>
    </message>
</context>
<context>
    <name>ScreenPicker</name>
    <message>
        <source>Chat</source>
        <translation>弹幕</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>完成</translation>
    </message>
    <message>
        <source>Drag over the chat</source>
        <translation>框出弹幕区</translation>
    </message>
    <message>
        <source>MartLive watches it with you: a black picture, a frozen camera, a question in the chat.</source>
        <translation>MartLive 陪你一起看：黑屏、画面卡住、弹幕里的提问。</translation>
    </message>
    <message>
        <source>MartLive – what viewers see</source>
        <translation>MartLive – 观众看到的画面</translation>
    </message>
    <message>
        <source>Nothing is watched. Choose what your viewers see.</source>
        <translation>目前没有看任何画面。请选择观众看到的画面。</translation>
    </message>
    <message>
        <source>The picture is coming…</source>
        <translation>画面马上就来…</translation>
    </message>
    <message>
        <source>What viewers see</source>
        <translation>观众看到的画面</translation>
    </message>
</context>
<context>
    <name>SensesDesk</name>
    <message>
        <source>The sound of your microphone goes to {host}.</source>
        <translation>你麦克风的声音会传到 {host}。</translation>
    </message>
    <message>
        <source>Twitch is asked for the chat of {name}.</source>
        <translation>正在向 Twitch 读取 {name} 的弹幕。</translation>
    </message>
    <message>
        <source>What a tip is about goes to {host}.</source>
        <translation>提示的内容会传到 {host}。</translation>
    </message>
    <message>
        <source>What you say goes out as captions while you stream.</source>
        <translation>推流时，你说的话会作为字幕发出去。</translation>
    </message>
</context>
<context>
    <name>SensesWindow</name>
    <message>
        <source>Done</source>
        <translation>完成</translation>
    </message>
    <message>
        <source>Live, for you alone. Pictures and sound are measured and forgotten.</source>
        <translation>实时显示，只有你看得到。画面和声音只做测量，不保存。</translation>
    </message>
    <message>
        <source>Live, for you alone. Pictures are measured and forgotten; your sound is kept, encrypted.</source>
        <translation>实时显示，只给你看。画面测量后即丢弃；你的声音会加密保存。</translation>
    </message>
    <message>
        <source>What MartLive hears and sees</source>
        <translation>MartLive 听到和看到的</translation>
    </message>
    <message>
        <source>what it hears and sees</source>
        <translation>听到和看到的</translation>
    </message>
</context>
<context>
    <name>Sentences</name>
    <message>
        <source>&quot;{minutes}&quot; is no time; write minutes, as 5.</source>
        <translation>“{minutes}”不是时长；请写分钟数，例如 5。</translation>
    </message>
    <message>
        <source>&quot;{price}&quot; can mean two prices; write {one} or {other}.</source>
        <translation>“{price}”可能是两种价格；请写 {one} 或 {other}。</translation>
    </message>
    <message>
        <source>&quot;{price}&quot; is no price; write it as 19.90.</source>
        <translation>“{price}”不是价格；请写成 19.90 这样。</translation>
    </message>
    <message>
        <source>A file of MartLive {version} is not what was signed ({path}), so nothing was changed; try again later.</source>
        <translation>MartLive {version} 的一个文件与签名不符（{path}），未作任何更改；请稍后再试。</translation>
    </message>
    <message>
        <source>Another MartLive repairs your shows; wait for it, then try again.</source>
        <translation>另一个 MartLive 正在修复你的直播记录；请等它完成后再试。</translation>
    </message>
    <message>
        <source>Another program has port {port}; choose another one for the browser source.</source>
        <translation>端口 {port} 被其他程序占用；请给浏览器源换一个。</translation>
    </message>
    <message>
        <source>Another program has taken this session over; end that one, or begin a new show.</source>
        <translation>另一个程序接管了这次会话；请关闭那个程序，或开始新的直播。</translation>
    </message>
    <message>
        <source>Another program keeps the microphone {name} to itself – close that program, or let it share.</source>
        <translation>麦克风“{name}”被其他程序独占了，请关闭那个程序，或让它共享。</translation>
    </message>
    <message>
        <source>Another program of MartLive is changing {name}; wait until it is done, then try again.</source>
        <translation>另一个 MartLive 正在更改 {name}；请等它完成后再试。</translation>
    </message>
    <message>
        <source>Busy computer: words are a little rougher.</source>
        <translation>电脑较忙：识别会粗一些。</translation>
    </message>
    <message>
        <source>Busy computer: words come a little later.</source>
        <translation>电脑较忙：识别会慢一点。</translation>
    </message>
    <message>
        <source>Busy computer: words come after each sentence.</source>
        <translation>电脑较忙：每句话说完才识别。</translation>
    </message>
    <message>
        <source>Cannot write {path}: {problem}; choose another place.</source>
        <translation>无法写入 {path}：{problem}；请换一个位置。</translation>
    </message>
    <message>
        <source>Cannot write {path}: {problem}; make room or choose another folder.</source>
        <translation>无法写入 {path}：{problem}；请腾出空间或换一个文件夹。</translation>
    </message>
    <message>
        <source>Hotkeys need an X11 desktop; use `martlive toggle` instead.</source>
        <translation>快捷键需要 X11 桌面；可以改用 `martlive toggle`。</translation>
    </message>
    <message>
        <source>It is deleted, but another MartLive still reads it; close that one and delete again.</source>
        <translation>已删除，但另一个 MartLive 还在读它；请关闭那一个，再删除一次。</translation>
    </message>
    <message>
        <source>It is in the scene “{scene}”, but OBS has another picture of it; remove “{name}” in OBS and try again.</source>
        <translation>它已在场景“{scene}”中，但 OBS 里的画面不一样；请在 OBS 里移除“{name}”再试。</translation>
    </message>
    <message>
        <source>It is in the scene “{scene}”, but nothing is on it yet; show a card and check again.</source>
        <translation>它已在场景“{scene}”中，但还没有内容；显示一张卡片再检查。</translation>
    </message>
    <message>
        <source>Line {line}: {advice}</source>
        <translation>第 {line} 行：{advice}</translation>
    </message>
    <message>
        <source>Main monitor</source>
        <translation>主显示器</translation>
    </message>
    <message>
        <source>Main monitor ({size})</source>
        <translation>主显示器（{size}）</translation>
    </message>
    <message>
        <source>Marked {time}</source>
        <translation>已标记 {time}</translation>
    </message>
    <message>
        <source>MartLive cannot change {path}: close other programs that use it and allow writing.</source>
        <translation>MartLive 无法改动 {path}：请关闭占用它的程序，并允许写入。</translation>
    </message>
    <message>
        <source>MartLive cannot hear the language {language}; give a code like en, es or zh, or auto.</source>
        <translation>MartLive 听不懂“{language}”这种语言；请用 en、es、zh 这样的代码，或 auto。</translation>
    </message>
    <message>
        <source>MartLive cannot listen at {path}; free that path and start it again.</source>
        <translation>MartLive 无法使用 {path}；请腾出这个路径再启动。</translation>
    </message>
    <message>
        <source>MartLive is already running; look for it in the tray, or end it with `martlive quit`.</source>
        <translation>MartLive 已经在运行；请在托盘里找它，或用 `martlive quit` 结束它。</translation>
    </message>
    <message>
        <source>MartLive is being updated already; let that finish first.</source>
        <translation>MartLive 正在更新；请先等它完成。</translation>
    </message>
    <message>
        <source>MartLive knows no component {name}; it knows {names}.</source>
        <translation>MartLive 没有名为 {name} 的组件；现有：{names}。</translation>
    </message>
    <message>
        <source>MartLive knows no model {name}; it knows {names}.</source>
        <translation>没有叫“{name}”的模型；可用的有：{names}。</translation>
    </message>
    <message>
        <source>MartLive may not write to {path}; allow it there and try again.</source>
        <translation>MartLive 不能写入 {path}；请允许后再试。</translation>
    </message>
    <message>
        <source>MartLive {running} is newer than what is offered ({version}); nothing to do.</source>
        <translation>MartLive {running} 比提供的版本（{version}）更新，无需操作。</translation>
    </message>
    <message>
        <source>MartLive {version} did not pass its self-test on this computer, so {running} goes on; wait for the next one.</source>
        <translation>MartLive {version} 未通过本机自检，{running} 继续运行；请等待下一版。</translation>
    </message>
    <message>
        <source>MartLive {version} did not start well, so the one from before runs again; nothing of yours is lost.</source>
        <translation>MartLive {version} 未能正常启动，已恢复之前的版本；你的数据没有丢失。</translation>
    </message>
    <message>
        <source>MartLive {version} did not work on this computer and is not fetched again; wait for the next one, or install it by hand.</source>
        <translation>MartLive {version} 在本机无法运行，不再下载；请等待下一版或手动安装。</translation>
    </message>
    <message>
        <source>MartLive {version} has no program for this computer, so nothing was changed; wait for the next one.</source>
        <translation>MartLive {version} 没有适用于本机的程序，未作任何更改；请等待下一版。</translation>
    </message>
    <message>
        <source>MartLive {version} is announced but not there yet; try again later.</source>
        <translation>MartLive {version} 已宣布但尚未提供；请稍后再试。</translation>
    </message>
    <message>
        <source>MartLive {version} is here already; it starts the next time.</source>
        <translation>MartLive {version} 早已就绪，下次启动时生效。</translation>
    </message>
    <message>
        <source>MartLive {version} is here; it starts the next time.</source>
        <translation>MartLive {version} 已就绪，下次启动时生效。</translation>
    </message>
    <message>
        <source>MartLive {version} is the newest.</source>
        <translation>MartLive {version} 已是最新版。</translation>
    </message>
    <message>
        <source>MartLive {version} is there: {size} MB to fetch.</source>
        <translation>MartLive {version} 已发布：需下载 {size} MB。</translation>
    </message>
    <message>
        <source>No browser answered; open {path} yourself.</source>
        <translation>没有浏览器响应；请自己打开 {path}。</translation>
    </message>
    <message>
        <source>No graphics card with CUDA was found – speech is recognised on the processor.</source>
        <translation>没有找到支持 CUDA 的显卡，改用处理器识别语音。</translation>
    </message>
    <message>
        <source>No microphone was found – plug one in, or try `martlive demo`, which needs none.</source>
        <translation>没有找到麦克风。请插上一个，或试试不需要麦克风的 `martlive demo`。</translation>
    </message>
    <message>
        <source>No server is known that has {name}; name a mirror in the settings, or fetch it from a folder.</source>
        <translation>没有已知的服务器提供 {name}；请在设置中填写镜像，或从文件夹获取。</translation>
    </message>
    <message>
        <source>OBS already has something else called “{name}”; rename that in OBS and try again.</source>
        <translation>OBS 里已有别的来源叫“{name}”；请在 OBS 里给它改名再试。</translation>
    </message>
    <message>
        <source>OBS does not answer; start it and turn on its WebSocket server under Tools.</source>
        <translation>OBS 没有回应；请打开 OBS，并在“工具”里开启 WebSocket 服务器。</translation>
    </message>
    <message>
        <source>OBS does not find the stream window; open it, do not minimise it, and try again.</source>
        <translation>OBS 找不到直播窗口；请打开它，不要最小化，再试一次。</translation>
    </message>
    <message>
        <source>OBS does not let MartLive look; update OBS and check the password of its WebSocket server.</source>
        <translation>OBS 不让 MartLive 看画面；请更新 OBS，并检查 WebSocket 服务器的密码。</translation>
    </message>
    <message>
        <source>OBS gives no picture of its program; update OBS, or watch a monitor instead.</source>
        <translation>OBS 没有给出输出画面；请更新 OBS，或改看显示器。</translation>
    </message>
    <message>
        <source>OBS has closed or its WebSocket server is off; start it again, and MartLive is back by itself.</source>
        <translation>OBS 已关闭，或 WebSocket 服务器没开；重新打开后 MartLive 会自动连上。</translation>
    </message>
    <message>
        <source>OBS is busy with its scenes; MartLive tries again in a moment.</source>
        <translation>OBS 正忙着处理场景；MartLive 稍后再试。</translation>
    </message>
    <message>
        <source>OBS shows it in the scene “{scene}”.</source>
        <translation>OBS 已在场景“{scene}”中显示它。</translation>
    </message>
    <message>
        <source>OBS wants its password; OBS shows it under Tools, WebSocket Server Settings, Show Connect Info.</source>
        <translation>OBS 需要密码；见 OBS 的“工具 → WebSocket 服务器设置 → 显示连接信息”。</translation>
    </message>
    <message>
        <source>Something else answers at {address} in place of the remote coach; check the address.</source>
        <translation>在 {address} 应答的不是远程教练；请检查地址。</translation>
    </message>
    <message>
        <source>Something else answers in place of OBS; use the port that OBS shows under Tools, WebSocket Server Settings.</source>
        <translation>回应的不是 OBS；请用 OBS“工具 → WebSocket 服务器设置”里显示的端口。</translation>
    </message>
    <message>
        <source>Something in MartLive broke; what was said is kept. Quit it, start it again, and send us its crash file.</source>
        <translation>MartLive 内部出错；已说的内容已保存。请退出后重新启动，并把崩溃文件发给我们。</translation>
    </message>
    <message>
        <source>Speech is recognised on this computer from now on.</source>
        <translation>从现在起，语音在这台电脑上识别。</translation>
    </message>
    <message>
        <source>Speech recognition keeps stopping – run `martlive models verify`.</source>
        <translation>语音识别总是中断，请运行 `martlive models verify`。</translation>
    </message>
    <message>
        <source>Speech recognition keeps stopping; run `martlive models verify`.</source>
        <translation>语音识别总是中断；请运行 `martlive models verify`。</translation>
    </message>
    <message>
        <source>The browser source cannot keep its address in {path}; check that folder.</source>
        <translation>浏览器源的地址无法存到 {path}；请检查那个文件夹。</translation>
    </message>
    <message>
        <source>The chat on the screen cannot be read now; MartLive goes on without it and tries again.</source>
        <translation>现在读不到屏幕上的弹幕；MartLive 先不读，稍后再试。</translation>
    </message>
    <message>
        <source>The chat&apos;s place on the screen is too small to read; drag it anew under What viewers see.</source>
        <translation>弹幕区太小，读不了；请在“观众看到的画面”里重新框选。</translation>
    </message>
    <message>
        <source>The component {name} is damaged ({file}); run `martlive components fetch {name_again}` again.</source>
        <translation>组件 {name} 已损坏（{file}）；请再次运行 `martlive components fetch {name_again}`。</translation>
    </message>
    <message>
        <source>The component {name} is not on this computer; run `martlive components fetch {name_again}`.</source>
        <translation>此电脑上没有组件 {name}；请运行 `martlive components fetch {name_again}`。</translation>
    </message>
    <message>
        <source>The computer was too busy: {seconds} s of sound were lost.</source>
        <translation>电脑太忙：丢了 {seconds} 秒的声音。</translation>
    </message>
    <message>
        <source>The disk has no room for the update: free {size} MB for {folder} and try again.</source>
        <translation>磁盘空间不足以更新：请为 {folder} 腾出 {size} MB 后再试。</translation>
    </message>
    <message>
        <source>The disk has no room for {name}: free {size} MB for {folder} and try again.</source>
        <translation>磁盘放不下 {name}：请在 {folder} 腾出 {size} MB 再试。</translation>
    </message>
    <message>
        <source>The disk is too slow to keep the sound of your show; some of it is missing.</source>
        <translation>磁盘太慢，来不及保存直播的声音；有一部分缺失。</translation>
    </message>
    <message>
        <source>The download of {name} brought wrong bytes, which are deleted; try again later or from another place.</source>
        <translation>下载的 {name} 内容有误，已删除；请稍后重试或换一个来源。</translation>
    </message>
    <message>
        <source>The download of {name} was interrupted; try again, it goes on where it stopped.</source>
        <translation>{name} 的下载中断了；请重试，会从中断处继续。</translation>
    </message>
    <message>
        <source>The download of {name} was stopped; what arrived is kept for the next try.</source>
        <translation>{name} 的下载已停止；已收到的部分会保留到下次。</translation>
    </message>
    <message>
        <source>The file of your shows was damaged; shows that could be saved: {count}. The damaged file is kept as {path}.</source>
        <translation>直播记录文件已损坏；救回的直播：{count} 场。损坏的文件保留为 {path}。</translation>
    </message>
    <message>
        <source>The file {path} is not the one that {name} needs; copy it anew.</source>
        <translation>文件 {path} 不是 {name} 所需的文件；请重新复制。</translation>
    </message>
    <message>
        <source>The folder {folder} does not hold {name}; choose one that has a folder {name_again} with its files.</source>
        <translation>文件夹 {folder} 里没有 {name}；请选择含有 {name_again} 文件夹及其文件的文件夹。</translation>
    </message>
    <message>
        <source>The folder {folder} has wrong bytes in {file} of {name}; copy that file there anew.</source>
        <translation>文件夹 {folder} 中 {name} 的 {file} 有误；请重新复制该文件。</translation>
    </message>
    <message>
        <source>The graphics card cannot be used without {library} (in `martlive components fetch speech-cuda`) – the processor goes on.</source>
        <translation>缺少 {library}，显卡无法使用（运行 `martlive components fetch speech-cuda`）– 由处理器继续。</translation>
    </message>
    <message>
        <source>The graphics card cannot be used without {library} (in `pip install martlive[cuda]`) – the processor goes on.</source>
        <translation>缺少 {library}，显卡用不了（可用 `pip install martlive[cuda]` 安装），改由处理器继续。</translation>
    </message>
    <message>
        <source>The graphics card does not work for tips – the processor goes on.</source>
        <translation>显卡无法用于提示 – 由处理器继续。</translation>
    </message>
    <message>
        <source>The graphics card has too little free memory – the processor goes on.</source>
        <translation>显存不够，改由处理器继续。</translation>
    </message>
    <message>
        <source>The graphics card stopped working for speech – the processor goes on.</source>
        <translation>显卡无法继续识别语音，改由处理器继续。</translation>
    </message>
    <message>
        <source>The microphone is gone – plug it in again.</source>
        <translation>麦克风断开了，请重新插上。</translation>
    </message>
    <message>
        <source>The microphone needs one more package: pip install &apos;martlive[desktop]&apos;.</source>
        <translation>麦克风还需要一个软件包：pip install &apos;martlive[desktop]&apos;。</translation>
    </message>
    <message>
        <source>The microphone {name} cannot be opened – plug it in again, and allow it in the system&apos;s privacy settings.</source>
        <translation>打不开麦克风“{name}”。请重新插上，并在系统的隐私设置里允许使用。</translation>
    </message>
    <message>
        <source>The microphone {name} is not there – plug it in, or choose one that `martlive devices` lists.</source>
        <translation>没有麦克风“{name}”。请插上它，或从 `martlive devices` 列出的里面选一个。</translation>
    </message>
    <message>
        <source>The model {name} is damaged ({file}); run `martlive models pull {name_again}`.</source>
        <translation>模型 {name} 已损坏（{file}）；请运行 `martlive models pull {name_again}`。</translation>
    </message>
    <message>
        <source>The monitor {name} is gone; plug it in, or choose another under What viewers see.</source>
        <translation>显示器“{name}”不在了；请接上它，或在“观众看到的画面”里另选一个。</translation>
    </message>
    <message>
        <source>The network answers with a page in place of {name}; open a browser, sign in and try again.</source>
        <translation>网络返回了网页而不是 {name}；请打开浏览器登录后重试。</translation>
    </message>
    <message>
        <source>The picture of {name} cannot be read; save it as JPEG or PNG: {path}.</source>
        <translation>“{name}”的图片打不开；请存成 JPEG 或 PNG：{path}。</translation>
    </message>
    <message>
        <source>The picture of {name} is larger than 50 megapixels; make it smaller: {path}.</source>
        <translation>“{name}”的图片超过 5000 万像素；请缩小：{path}。</translation>
    </message>
    <message>
        <source>The picture of {name} is not there; check its name: {path}.</source>
        <translation>“{name}”的图片不在；请检查文件名：{path}。</translation>
    </message>
    <message>
        <source>The picture of {name} shows too little to be recognised by; take one that is full of the product and its label: {path}.</source>
        <translation>“{name}”的图片细节太少，认不出来；请换一张商品和标签占满画面的：{path}。</translation>
    </message>
    <message>
        <source>The plan at {path} cannot be read ({cause}); check its permissions.</source>
        <translation>计划 {path} 读不了（{cause}）；请检查权限。</translation>
    </message>
    <message>
        <source>The plan cannot be saved at {path} ({cause}); choose another place.</source>
        <translation>计划无法保存到 {path}（{cause}）；请换个位置。</translation>
    </message>
    <message>
        <source>The plan has a character that no file can hold; type that word again.</source>
        <translation>计划里有无法存进文件的字符；请重新输入那个词。</translation>
    </message>
    <message>
        <source>The plan has too many brackets inside each other; write short lists.</source>
        <translation>计划里括号套得太深；请写短一些的列表。</translation>
    </message>
    <message>
        <source>The plan is larger than 1 MB; shorten its lists, or make two plans of it.</source>
        <translation>计划超过 1 MB；请精简列表，或拆成两份计划。</translation>
    </message>
    <message>
        <source>The proxy does not let {name} through; check the proxy for downloads and try again.</source>
        <translation>代理不放行 {name}；请检查下载代理后重试。</translation>
    </message>
    <message>
        <source>The proxy for downloads cannot be used; give one whose address begins with http:// or https://.</source>
        <translation>下载代理无法使用；请填写以 http:// 或 https:// 开头的地址。</translation>
    </message>
    <message>
        <source>The remote coach answers in {time} ms.</source>
        <translation>远程教练在 {time} 毫秒内应答。</translation>
    </message>
    <message>
        <source>The remote coach at {address} cannot prove who it is; check the address, or its certificate.</source>
        <translation>{address} 上的远程教练无法证明自己的身份；请检查地址或它的证书。</translation>
    </message>
    <message>
        <source>The remote coach cannot go on with this session; the next show begins a new one.</source>
        <translation>远程教练无法继续这次会话；下一场直播会开始新的会话。</translation>
    </message>
    <message>
        <source>The remote coach did not answer in time; MartLive goes on by itself.</source>
        <translation>远程教练没有及时应答；MartLive 会自己继续。</translation>
    </message>
    <message>
        <source>The remote coach does not answer at {address}; check the address and your network.</source>
        <translation>{address} 上的远程教练没有应答；请检查地址和网络。</translation>
    </message>
    <message>
        <source>The remote coach does not take this key; copy it again from who runs the coach.</source>
        <translation>远程教练不认这把密钥；请向运行它的人重新复制一份。</translation>
    </message>
    <message>
        <source>The remote coach fails; MartLive goes on by itself and tries again in a moment.</source>
        <translation>远程教练出了故障；MartLive 会自己继续，过一会儿再试。</translation>
    </message>
    <message>
        <source>The remote coach has ended this session; the next show begins a new one.</source>
        <translation>远程教练已结束这次会话；下一场直播会开始新的会话。</translation>
    </message>
    <message>
        <source>The remote coach has no address; give it in the settings, under Remote coach.</source>
        <translation>远程教练没有地址；请在设置的“远程教练”中填写。</translation>
    </message>
    <message>
        <source>The remote coach is asked too often; MartLive goes on by itself for a moment.</source>
        <translation>对远程教练的请求太频繁；MartLive 先自己继续一会儿。</translation>
    </message>
    <message>
        <source>The remote coach is away for a moment; your words follow when it is back.</source>
        <translation>远程教练暂时不在；它回来后，你的话会补上。</translation>
    </message>
    <message>
        <source>The remote coach is full; MartLive goes on by itself and tries again.</source>
        <translation>远程教练已满；MartLive 会自己继续，并再次尝试。</translation>
    </message>
    <message>
        <source>The remote coach is not ready ({problem}); MartLive goes on by itself and tries again.</source>
        <translation>远程教练还没准备好（{problem}）；MartLive 会自己继续，并再次尝试。</translation>
    </message>
    <message>
        <source>The remote coach is of another version; update MartLive, or ask who runs the coach to.</source>
        <translation>远程教练的版本不同；请更新 MartLive，或请运行它的人更新。</translation>
    </message>
    <message>
        <source>The remote coach needs its key; give it in the settings, or in {variable}.</source>
        <translation>远程教练需要密钥；请在设置中填写，或放在 {variable} 中。</translation>
    </message>
    <message>
        <source>The remote coach refuses ({problem}); update MartLive, or ask who runs the coach.</source>
        <translation>远程教练拒绝了（{problem}）；请更新 MartLive，或询问运行它的人。</translation>
    </message>
    <message>
        <source>The remote coach was away for too long; speech is recognised on this computer until the next show.</source>
        <translation>远程教练离开太久；到下一场直播之前，语音在这台电脑上识别。</translation>
    </message>
    <message>
        <source>The report cannot be written to {path}: {problem}; make room there and try again.</source>
        <translation>报告无法写入 {path}：{problem}；请在那里腾出空间后再试。</translation>
    </message>
    <message>
        <source>The scene cannot be saved at {path} ({cause}); check that folder.</source>
        <translation>场景无法保存到 {path}（{cause}）；请检查那个文件夹。</translation>
    </message>
    <message>
        <source>The screen changed; MartLive looks for it again.</source>
        <translation>屏幕变了；MartLive 正在重新找它。</translation>
    </message>
    <message>
        <source>The screen is not watched until you go on.</source>
        <translation>已暂停看画面，等你继续。</translation>
    </message>
    <message>
        <source>The screen is not watched; choose what to watch under What viewers see.</source>
        <translation>没有在看画面；请在“观众看到的画面”里选择。</translation>
    </message>
    <message>
        <source>The server does not give {name} (status {status}); try again later.</source>
        <translation>服务器不提供 {name}（状态 {status}）；请稍后重试。</translation>
    </message>
    <message>
        <source>The server gives {name} nowhere; try again later.</source>
        <translation>服务器没有给出 {name} 的位置；请稍后重试。</translation>
    </message>
    <message>
        <source>The server has another file in place of {name}; try again later or from another place.</source>
        <translation>服务器上的文件不是 {name}；请稍后重试或换一个来源。</translation>
    </message>
    <message>
        <source>The server is too busy for {name}; try again in {minutes} min.</source>
        <translation>服务器太忙，暂不提供 {name}；请 {minutes} 分钟后重试。</translation>
    </message>
    <message>
        <source>The server of {name} cannot prove who it is; check the date of this computer and its network.</source>
        <translation>{name} 的服务器无法证明身份；请检查本机日期和网络。</translation>
    </message>
    <message>
        <source>The server sends {name} without encryption; tell whoever runs it, or use another one.</source>
        <translation>服务器不加密传送 {name}；请告知其管理者，或换一个服务器。</translation>
    </message>
    <message>
        <source>The settings at {path} are no TOML</source>
        <translation>设置文件 {path} 不是 TOML 格式</translation>
    </message>
    <message>
        <source>The settings at {path} are no TOML; correct that file or delete it.</source>
        <translation>设置文件 {path} 不是 TOML 格式；请改好或删除它。</translation>
    </message>
    <message>
        <source>The settings at {path} are of a newer MartLive</source>
        <translation>设置文件 {path} 来自更新版本的 MartLive</translation>
    </message>
    <message>
        <source>The settings at {path} are of a newer MartLive; update MartLive or delete that file.</source>
        <translation>设置文件 {path} 来自更新版本的 MartLive；请更新 MartLive 或删除该文件。</translation>
    </message>
    <message>
        <source>The settings at {path} cannot be read ({cause})</source>
        <translation>设置文件 {path} 读不了（{cause}）</translation>
    </message>
    <message>
        <source>The settings at {path} cannot be read ({cause}); check that file.</source>
        <translation>设置文件 {path} 读不了（{cause}）；请检查该文件。</translation>
    </message>
    <message>
        <source>The settings cannot be saved at {path} ({cause}); check that folder.</source>
        <translation>设置无法保存到 {path}（{cause}）；请检查那个文件夹。</translation>
    </message>
    <message>
        <source>The show {name} is here already, and stays as it is; to take in this one instead, run `martlive sessions delete {id}` first.</source>
        <translation>直播 {name} 已经在这里，保持不变；要换成这一份，请先运行 `martlive sessions delete {id}`。</translation>
    </message>
    <message>
        <source>The sound library PortAudio is missing – install it (on Debian and Ubuntu: apt install libportaudio2).</source>
        <translation>缺少声音库 PortAudio，请安装（Debian 和 Ubuntu：apt install libportaudio2）。</translation>
    </message>
    <message>
        <source>The sound of this moment is damaged; read its words instead.</source>
        <translation>这一刻的声音已损坏；请改看文字。</translation>
    </message>
    <message>
        <source>The sound of this show opens only with the key that kept it, which is not in your keyring; read its words instead.</source>
        <translation>这场直播的声音只能用保存它的密钥打开，而该密钥不在你的密钥环里；请改看文字。</translation>
    </message>
    <message>
        <source>The sound of your show is not being kept, for your system&apos;s keyring does not answer; unlock it before your next show.</source>
        <translation>直播的声音没有保存，因为系统密钥环没有响应；请在下次直播前解锁它。</translation>
    </message>
    <message>
        <source>The sound of your show is not being kept: {cause}</source>
        <translation>直播的声音没有保存：{cause}</translation>
    </message>
    <message>
        <source>The table at {path} cannot be read ({cause}); check its name.</source>
        <translation>表格 {path} 读不了（{cause}）；请检查文件名。</translation>
    </message>
    <message>
        <source>The update was stopped; it goes on where it was when you fetch it again.</source>
        <translation>更新已停止；再次下载时会从中断处继续。</translation>
    </message>
    <message>
        <source>The window {name} is not there; open it, or choose another under What viewers see.</source>
        <translation>窗口“{name}”不在；请打开它，或在“观众看到的画面”里另选一个。</translation>
    </message>
    <message>
        <source>The {task} model {name} is not on this computer; run `martlive models pull {name_again}`.</source>
        <translation>这台电脑上没有 {task} 模型 {name}；请运行 `martlive models pull {name_again}`。</translation>
    </message>
    <message>
        <source>There are no updates for this kind of computer ({platform}).</source>
        <translation>没有适用于此类电脑（{platform}）的更新。</translation>
    </message>
    <message>
        <source>There is no plan at {path}; check the name.</source>
        <translation>{path} 没有计划；请检查名称。</translation>
    </message>
    <message>
        <source>There is no screen here that could be watched.</source>
        <translation>这里没有可以看的屏幕。</translation>
    </message>
    <message>
        <source>There is no sound of this moment; read its words instead.</source>
        <translation>这一刻没有声音；请改看文字。</translation>
    </message>
    <message>
        <source>This MartLive has no place to fetch {name} from; set a mirror or an offline folder in the settings.</source>
        <translation>此 MartLive 没有下载 {name} 的地址；请在设置中填写镜像或离线文件夹。</translation>
    </message>
    <message>
        <source>This MartLive runs from Python and cannot replace itself; update it the way it came, as with `pip install --upgrade martlive`.</source>
        <translation>此 MartLive 由 Python 运行，不能自行替换；请按原来的方式更新，例如 `pip install --upgrade martlive`。</translation>
    </message>
    <message>
        <source>This OBS captures no windows here; use the browser source instead.</source>
        <translation>这个 OBS 在这里不能采集窗口；请改用浏览器源。</translation>
    </message>
    <message>
        <source>This OBS has no browser source; install OBS from obsproject.com, which has one.</source>
        <translation>这个 OBS 没有浏览器源；请从 obsproject.com 安装带浏览器源的 OBS。</translation>
    </message>
    <message>
        <source>This build has no place to update from; install newer versions the way you installed this one.</source>
        <translation>此版本没有更新来源；请按原来的安装方式安装新版。</translation>
    </message>
    <message>
        <source>This computer holds nothing of {name}; there is nothing to remove.</source>
        <translation>此电脑上没有 {name} 的内容，无需移除。</translation>
    </message>
    <message>
        <source>This key may not do that at the remote coach; ask who runs it for another one.</source>
        <translation>这把密钥在远程教练那里不能这样用；请向运行它的人另要一把。</translation>
    </message>
    <message>
        <source>This microphone is not there – plug it in, or choose another.</source>
        <translation>这个麦克风不在。请插上它，或另选一个。</translation>
    </message>
    <message>
        <source>This show cannot be read: {cause}</source>
        <translation>这场直播读不了：{cause}</translation>
    </message>
    <message>
        <source>This show is not being saved: {cause}</source>
        <translation>这场直播没有在保存：{cause}</translation>
    </message>
    <message>
        <source>This show is running; end it first.</source>
        <translation>这场直播正在进行；请先结束它。</translation>
    </message>
    <message>
        <source>This update describes itself wrongly ({what}), so nothing was changed; wait for the next one, or install MartLive by hand.</source>
        <translation>此更新的自身描述有误（{what}），未作任何更改；请等待下一版，或手动安装 MartLive。</translation>
    </message>
    <message>
        <source>Today&apos;s quota at the remote coach is used up; MartLive goes on by itself.</source>
        <translation>远程教练今天的额度已用完；MartLive 会自己继续。</translation>
    </message>
    <message>
        <source>Twitch has no channel called {name}; give its name as in its address, as somebody.</source>
        <translation>Twitch 没有叫“{name}”的频道；请填网址里的名称，例如 somebody。</translation>
    </message>
    <message>
        <source>Updates cannot be asked for at {host}; check the connection, and the proxy in the settings.</source>
        <translation>无法向 {host} 查询更新；请检查网络连接和设置中的代理。</translation>
    </message>
    <message>
        <source>Updates must come from an address with https://; correct it in source.toml.</source>
        <translation>更新必须来自 https:// 地址；请在 source.toml 中更正。</translation>
    </message>
    <message>
        <source>What {host} offers is not signed by those who make MartLive, so nothing was changed; try again in another network, or install by hand.</source>
        <translation>{host} 提供的内容没有 MartLive 制作者的签名，未作任何更改；请换个网络再试，或手动安装。</translation>
    </message>
    <message>
        <source>What {host} says of updates is out of date, so nothing was changed; check this computer&apos;s clock, or try again in some days.</source>
        <translation>{host} 的更新信息已过期，未作任何更改；请检查本机时钟，或过几天再试。</translation>
    </message>
    <message>
        <source>You speak {language} – `--language` or the plan can say another.</source>
        <translation>识别到你说的是 {language}；可以用 `--language` 或在计划里改。</translation>
    </message>
    <message>
        <source>Your OBS is too old for MartLive; update it to version 28 or newer.</source>
        <translation>你的 OBS 版本太旧；请更新到 28 或更高版本。</translation>
    </message>
    <message>
        <source>Your desktop does not answer about hotkeys; use `martlive toggle` instead.</source>
        <translation>你的桌面没有回应快捷键请求；可以改用 `martlive toggle`。</translation>
    </message>
    <message>
        <source>Your models folder holds no {name}; there is nothing to remove.</source>
        <translation>模型文件夹里没有 {name}；不用移除。</translation>
    </message>
    <message>
        <source>Your shows cannot be opened: {cause}</source>
        <translation>打不开你的直播记录：{cause}</translation>
    </message>
    <message>
        <source>Your system does not answer about hotkeys; use `martlive toggle` or the tray meanwhile.</source>
        <translation>系统没有回应快捷键请求；先用 `martlive toggle` 或托盘。</translation>
    </message>
    <message>
        <source>Your system keeps no passwords for MartLive; type it again next time.</source>
        <translation>系统没有替 MartLive 保存密码；下次请重新输入。</translation>
    </message>
    <message>
        <source>a field is given twice here; keep one of the two.</source>
        <translation>这里有一项写了两次；请只留一个。</translation>
    </message>
    <message>
        <source>another program holds the file; close other windows of MartLive and try again.</source>
        <translation>文件被其他程序占用；请关闭 MartLive 的其他窗口再试。</translation>
    </message>
    <message>
        <source>name &quot;{name}&quot; is taken; give each product its own.</source>
        <translation>名称“{name}”已被使用；请给每个商品不同的名称。</translation>
    </message>
    <message>
        <source>name is missing; write what the item is called.</source>
        <translation>缺少 name；请写上商品叫什么。</translation>
    </message>
    <message>
        <source>no column is called name; write name, price above the columns.</source>
        <translation>没有“名称”这一列；请在表头写上“名称、价格”。</translation>
    </message>
    <message>
        <source>the disk is full; make room on the disk of {path}.</source>
        <translation>磁盘满了；请在 {path} 所在的磁盘腾出空间。</translation>
    </message>
    <message>
        <source>the name &quot;{name}&quot; is taken; give each product its own.</source>
        <translation>名称“{name}”已被使用；请给每个商品不同的名称。</translation>
    </message>
    <message>
        <source>the name is missing; write what the item is called.</source>
        <translation>缺少名称；请写上商品叫什么。</translation>
    </message>
    <message>
        <source>this is no TOML; write one `field = value` a line, text in &quot;quotes&quot;.</source>
        <translation>这不是 TOML；请一行写一个 `field = value`，文字加双引号。</translation>
    </message>
    <message>
        <source>{cause} Speech is recognised on this computer until the next show.</source>
        <translation>{cause}到下一场直播之前，语音在这台电脑上识别。</translation>
    </message>
    <message>
        <source>{cause}; MartLive runs with its own settings until that is mended.</source>
        <translation>{cause}；改好之前，MartLive 使用默认设置。</translation>
    </message>
    <message>
        <source>{cause}; MartLive starts afresh and keeps the old file as {name}.</source>
        <translation>{cause}；MartLive 改用默认设置，旧文件存为 {name}。</translation>
    </message>
    <message>
        <source>{cause}; correct or remove that line in {path}.</source>
        <translation>{cause}；请改正或删除 {path} 里的那一行。</translation>
    </message>
    <message>
        <source>{field} is empty; write what the item is called.</source>
        <translation>{field} 是空的；请写上商品叫什么。</translation>
    </message>
    <message>
        <source>{field} is no field of a product; its fields are {names}.</source>
        <translation>商品没有 {field} 这一项；可用的有：{names}。</translation>
    </message>
    <message>
        <source>{field} is no field of a product; write {other}.</source>
        <translation>商品没有 {field} 这一项；请写 {other}。</translation>
    </message>
    <message>
        <source>{field} is no field of the plan; its fields are {names}.</source>
        <translation>计划没有 {field} 这一项；可用的有：{names}。</translation>
    </message>
    <message>
        <source>{field} is no field of the plan; write {other}.</source>
        <translation>计划没有 {field} 这一项；请写 {other}。</translation>
    </message>
    <message>
        <source>{field} must be &quot;selling&quot;, &quot;gaming&quot; or &quot;talk&quot;.</source>
        <translation>{field} 只能是 &quot;selling&quot;、&quot;gaming&quot; 或 &quot;talk&quot;。</translation>
    </message>
    <message>
        <source>{field} must be a code such as &quot;{example}&quot;.</source>
        <translation>{field} 要写代码，例如 &quot;{example}&quot;。</translation>
    </message>
    <message>
        <source>{field} must be a list of texts, such as [&quot;8 ml tube&quot;, &quot;pink or clear&quot;].</source>
        <translation>{field} 要写成文字列表，例如 [&quot;8 ml 管装&quot;, &quot;粉色或透明&quot;]。</translation>
    </message>
    <message>
        <source>{field} must be a number from 0 up, such as 14.99, without quotes or $.</source>
        <translation>{field} 要写不小于 0 的数字，例如 14.99，不加引号和货币符号。</translation>
    </message>
    <message>
        <source>{field} must be a number of minutes, such as 12, without quotes.</source>
        <translation>{field} 要写分钟数，例如 12，不加引号。</translation>
    </message>
    <message>
        <source>{field} must be text in quotes, such as &quot;dew serum&quot;.</source>
        <translation>{field} 要写带双引号的文字，例如 &quot;水光精华&quot;。</translation>
    </message>
    <message>
        <source>{field} must be true or false, without quotes.</source>
        <translation>{field} 只能是 true 或 false，不加引号。</translation>
    </message>
    <message>
        <source>{field} must be written as blocks that begin with [[products]].</source>
        <translation>{field} 要写成以 [[products]] 开头的段落。</translation>
    </message>
    <message>
        <source>{folder} does not say where updates are; install MartLive again.</source>
        <translation>{folder} 没有说明更新在哪里；请重新安装 MartLive。</translation>
    </message>
    <message>
        <source>{host} does not have what it should (status {status}); try again later.</source>
        <translation>{host} 缺少应有的内容（状态 {status}）；请稍后再试。</translation>
    </message>
    <message>
        <source>{host} offers an older state than before, as an attacker would, so nothing was changed; try again in some days.</source>
        <translation>{host} 提供的状态比以前更旧，像是攻击，未作任何更改；请过几天再试。</translation>
    </message>
    <message>
        <source>{name} is far too long for what it should be, so nothing was changed.</source>
        <translation>{name} 过长，未作任何更改。</translation>
    </message>
    <message>
        <source>{name} lies outside of the screens; choose again under What viewers see.</source>
        <translation>“{name}”不在屏幕范围内；请在“观众看到的画面”里重新选择。</translation>
    </message>
    <message>
        <source>{name} shows MartLive only black, so its program may not let others look; choose OBS under What viewers see.</source>
        <translation>MartLive 看到的“{name}”只有黑色，可能是那个程序不让别人看；请在“观众看到的画面”里选 OBS。</translation>
    </message>
    <message>
        <source>{path} cannot be read: {problem}; choose another file.</source>
        <translation>无法读取 {path}：{problem}；请选择另一个文件。</translation>
    </message>
    <message>
        <source>{path} has a link in it, so it is left alone.</source>
        <translation>{path} 里有链接，所以没有导入。</translation>
    </message>
    <message>
        <source>{path} has a manifest.json that says not what it should; export the show again.</source>
        <translation>{path} 里的 manifest.json 内容不对；请重新导出这场直播。</translation>
    </message>
    <message>
        <source>{path} has a password; unpack it and export the show without one.</source>
        <translation>{path} 有密码；请解压后导出不带密码的直播。</translation>
    </message>
    <message>
        <source>{path} has file names that lead elsewhere, so it is left alone.</source>
        <translation>{path} 里的文件名指向别处，所以没有导入。</translation>
    </message>
    <message>
        <source>{path} has more files than a show does, so it is left alone.</source>
        <translation>{path} 里的文件比一场直播的多，所以没有导入。</translation>
    </message>
    <message>
        <source>{path} has no events that can be read; export the show again.</source>
        <translation>{path} 里没有可读的记录；请重新导出这场直播。</translation>
    </message>
    <message>
        <source>{path} has no {name}; export the show again.</source>
        <translation>{path} 里没有 {name}；请重新导出这场直播。</translation>
    </message>
    <message>
        <source>{path} is a folder; name the plan&apos;s file in it.</source>
        <translation>{path} 是文件夹；请选里面的计划文件。</translation>
    </message>
    <message>
        <source>{path} is damaged, and a show is running; end it first, then it is repaired.</source>
        <translation>{path} 已损坏，而直播正在进行；请先结束直播，然后会修复它。</translation>
    </message>
    <message>
        <source>{path} is damaged; install MartLive again.</source>
        <translation>{path} 已损坏，请重新安装 MartLive。</translation>
    </message>
    <message>
        <source>{path} is damaged; run `martlive sessions repair`, which saves what can be read.</source>
        <translation>{path} 已损坏；请运行 `martlive sessions repair`，它会救回能读的内容。</translation>
    </message>
    <message>
        <source>{path} is larger than 1 MB, so it is no show plan; choose the plan&apos;s .toml file.</source>
        <translation>{path} 超过 1 MB，不是直播计划；请选计划的 .toml 文件。</translation>
    </message>
    <message>
        <source>{path} is larger than 1 MB; keep the products of this show only.</source>
        <translation>{path} 超过 1 MB；请只保留这场直播的商品。</translation>
    </message>
    <message>
        <source>{path} is no whole zip; copy or export it again.</source>
        <translation>{path} 不是完整的 zip；请重新复制或导出。</translation>
    </message>
    <message>
        <source>{path} is not UTF-8 text; save it as UTF-8.</source>
        <translation>{path} 不是 UTF-8 文本；请另存为 UTF-8。</translation>
    </message>
    <message>
        <source>{path} is not UTF-8 text; save it as “CSV UTF-8”.</source>
        <translation>{path} 不是 UTF-8 文本；请另存为“CSV UTF-8”。</translation>
    </message>
    <message>
        <source>{path} is not a file of MartLive; move it away and try again.</source>
        <translation>{path} 不是 MartLive 的文件；请移走它再试。</translation>
    </message>
    <message>
        <source>{path} says {cause}; check that you can write there and that the disk has room.</source>
        <translation>{path}：{cause}；请检查能否写入，磁盘是否有空间。</translation>
    </message>
    <message>
        <source>{path} says {cause}; make it a folder that you can write.</source>
        <translation>{path}：{cause}；请换成你可以写入的文件夹。</translation>
    </message>
    <message>
        <source>{path} unpacks to far more than a show has, so it is left alone.</source>
        <translation>{path} 解压后远大于一场直播，所以没有导入。</translation>
    </message>
    <message>
        <source>{path} was written by a newer MartLive; update this one to read it.</source>
        <translation>{path} 来自更新版本的 MartLive；请更新后再打开。</translation>
    </message>
    <message>
        <source>{sentence} Until then the show goes without a plan.</source>
        <translation>{sentence}在那之前，直播不使用计划。</translation>
    </message>
    <message>
        <source>“{keys}” is no hotkey; write it as ctrl+alt+m.</source>
        <translation>“{keys}”不是快捷键；请写成 ctrl+alt+m 这样。</translation>
    </message>
</context>
<context>
    <name>Settings</name>
    <message>
        <source>127.0.0.1 is this one.</source>
        <translation>127.0.0.1 就是这台电脑。</translation>
    </message>
    <message>
        <source>A black spot is darker than</source>
        <translation>黑点的亮度低于</translation>
    </message>
    <message>
        <source>A breath</source>
        <translation>换气的停顿</translation>
    </message>
    <message>
        <source>A camera from</source>
        <translation>算作摄像头画面的比例</translation>
    </message>
    <message>
        <source>A code such as en or zh, or auto; a plan that names its language goes first.</source>
        <translation>填 en、zh 这样的代码，或 auto；计划里写了语言的，以计划为准。</translation>
    </message>
    <message>
        <source>A computer of yours, or of somebody you trust, that helps this one; nothing leaves before you turn it on.</source>
        <translation>你自己或你信任的人的一台电脑，来帮助这台电脑；在你打开之前，什么都不会传出去。</translation>
    </message>
    <message>
        <source>A cough or a word aside is shorter, and is what muting is for.</source>
        <translation>咳嗽或旁边说句话没有这么久，静音本来就是为了这个。</translation>
    </message>
    <message>
        <source>A fade through black is shorter.</source>
        <translation>转场时的黑屏没有这么久。</translation>
    </message>
    <message>
        <source>A graphics card takes the largest speech model that you have and that fits into its memory.</source>
        <translation>有显卡时，使用你已有的、显存放得下的最大语音模型。</translation>
    </message>
    <message>
        <source>A kind of tip waits so many times longer after one that you did not follow; follow one, and it is as before.</source>
        <translation>某类提示你没照做，之后就隔这么多倍的时间再出现；照做一次就恢复原样。</translation>
    </message>
    <message>
        <source>A kind of tip waits so many times longer after one that you sent away.</source>
        <translation>某类提示被你关掉后，就隔这么多倍的时间再出现。</translation>
    </message>
    <message>
        <source>A little later</source>
        <translation>稍晚一点</translation>
    </message>
    <message>
        <source>A microphone that is on gives more than this, even in a quiet room, which lies at -56 and above.</source>
        <translation>开着的麦克风都比这响；安静的房间也有 -56 以上。</translation>
    </message>
    <message>
        <source>A model on this computer</source>
        <translation>这台电脑上的模型</translation>
    </message>
    <message>
        <source>A monitor</source>
        <translation>显示器</translation>
    </message>
    <message>
        <source>A newer MartLive</source>
        <translation>新版 MartLive</translation>
    </message>
    <message>
        <source>A part of the desktop</source>
        <translation>桌面的一部分</translation>
    </message>
    <message>
        <source>A peak from here on counts as clipped.</source>
        <translation>峰值到了这里就算爆音。</translation>
    </message>
    <message>
        <source>A phrase is judged after so many more words: “… no, it does not” begins within them.</source>
        <translation>再听这么多个词才下判断：“……其实并没有”这类话会在其中出现。</translation>
    </message>
    <message>
        <source>A phrase is judged after so much sound, though fewer words follow.</source>
        <translation>后面的话不够多时，听这么久就下判断。</translation>
    </message>
    <message>
        <source>A product counts as shown anew after so long out of sight; a hand hides it for less.</source>
        <translation>商品离开画面这么久再出现，才算重新展示；手挡一下没有这么久。</translation>
    </message>
    <message>
        <source>A question can come up for</source>
        <translation>提问可提示的时长</translation>
    </message>
    <message>
        <source>A question is for the report after</source>
        <translation>提问超时后只进报告</translation>
    </message>
    <message>
        <source>A question waits for</source>
        <translation>提问等待</translation>
    </message>
    <message>
        <source>A recap goes on for</source>
        <translation>回顾持续</translation>
    </message>
    <message>
        <source>A risky phrase matters for</source>
        <translation>违规话术提示有效期</translation>
    </message>
    <message>
        <source>A second window, for OBS, with what your viewers may see.</source>
        <translation>第二个窗口，给 OBS 用，只放观众可以看的内容。</translation>
    </message>
    <message>
        <source>A server that is asked first, with a folder for each model; leave it empty to use the usual places.</source>
        <translation>最先访问的服务器，每个模型一个文件夹；留空则使用通常的来源。</translation>
    </message>
    <message>
        <source>A shorter noise is a passing lorry.</source>
        <translation>更短的噪声只是车开过。</translation>
    </message>
    <message>
        <source>A shorter silence of the microphone is a cough button.</source>
        <translation>更短的无声多半是按了静音键咳嗽。</translation>
    </message>
    <message>
        <source>A shorter sound is a click or a key stroke.</source>
        <translation>更短的声音只是点击或敲键盘。</translation>
    </message>
    <message>
        <source>A silence this long is a good moment for a tip; at such a moment it interrupts a third to a half less.</source>
        <translation>停顿这么久时适合出提示，这时的打扰会少三分之一到一半。</translation>
    </message>
    <message>
        <source>A stick or a shared folder with a folder for each model; it is asked before the internet.</source>
        <translation>U 盘或共享文件夹，每个模型一个文件夹；先找这里，再找互联网。</translation>
    </message>
    <message>
        <source>A thin line</source>
        <translation>一条细线</translation>
    </message>
    <message>
        <source>A tip about it may wait for so long.</source>
        <translation>相关提示最多等这么久。</translation>
    </message>
    <message>
        <source>A tip stays at least</source>
        <translation>提示至少停留</translation>
    </message>
    <message>
        <source>A tip stays for</source>
        <translation>提示停留</translation>
    </message>
    <message>
        <source>A tip that came later would be about something else.</source>
        <translation>再晚的提示，说的就不是这件事了。</translation>
    </message>
    <message>
        <source>A tip that you have followed does not leave before: a card that only flashes disturbs.</source>
        <translation>照做了的提示也不会更早消失：一闪而过的卡片更烦人。</translation>
    </message>
    <message>
        <source>A waiting tip loses half its weight in</source>
        <translation>等待中的提示减半时间</translation>
    </message>
    <message>
        <source>A window</source>
        <translation>窗口</translation>
    </message>
    <message>
        <source>A window for OBS with what viewers may see, and nothing that is only for you.</source>
        <translation>给 OBS 用的窗口，只放观众可以看的，不放只给你看的。</translation>
    </message>
    <message>
        <source>A window with what it is asked and what it answers.</source>
        <translation>一个窗口，显示问了它什么、它答了什么。</translation>
    </message>
    <message>
        <source>A word that you said in time is recognised so much later.</source>
        <translation>你及时说了的话，要过这么久才识别出来。</translation>
    </message>
    <message>
        <source>A word that you said in time is recognised up to 1.6 seconds later.</source>
        <translation>你及时说了的话，最多 1.6 秒后才识别出来。</translation>
    </message>
    <message>
        <source>A wrong price matters for</source>
        <translation>报错价提示有效期</translation>
    </message>
    <message>
        <source>Above every other window</source>
        <translation>始终在最前面</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>地址</translation>
    </message>
    <message>
        <source>After a price, viewers want to know how to buy.</source>
        <translation>听到价格，观众就想知道怎么买。</translation>
    </message>
    <message>
        <source>After each sentence</source>
        <translation>每句话说完之后</translation>
    </message>
    <message>
        <source>After so many tips of a kind that you did not follow, it is only in the report.</source>
        <translation>同类提示这么多次都没照做，之后就只写进报告。</translation>
    </message>
    <message>
        <source>After the sentence with the price, the talk is still about it for so long.</source>
        <translation>说完价格那句，这段时间里讲的仍然是它。</translation>
    </message>
    <message>
        <source>After this share of an item’s minutes, what is still unsaid is named: time is left to say it.</source>
        <translation>讲解时长过了这个比例，就提醒还没讲到的点：还来得及说。</translation>
    </message>
    <message>
        <source>After this, a question counts as passed over.</source>
        <translation>过了这么久，就算漏答了。</translation>
    </message>
    <message>
        <source>All that is only for you leaves the screen, now.</source>
        <translation>所有只给你看的内容立即离开屏幕。</translation>
    </message>
    <message>
        <source>An amount is not called wrong before: the cents may follow.</source>
        <translation>在此之前不算报错价：后面可能还有几角几分。</translation>
    </message>
    <message>
        <source>An amount this many times off is about something else, and no wrong price.</source>
        <translation>金额差这么多倍，说的是别的事，不算报错价。</translation>
    </message>
    <message>
        <source>An echo from</source>
        <translation>算作回声的相似度</translation>
    </message>
    <message>
        <source>An item may run over by</source>
        <translation>讲解可超时</translation>
    </message>
    <message>
        <source>Another amount from</source>
        <translation>算作其他金额的倍数</translation>
    </message>
    <message>
        <source>Another phrase of the kind within this time belongs to what was just named.</source>
        <translation>这段时间内再出现同类的话，算同一件事。</translation>
    </message>
    <message>
        <source>Another product after</source>
        <translation>可换商品的时间</translation>
    </message>
    <message>
        <source>Another product seen for</source>
        <translation>看到另一商品达</translation>
    </message>
    <message>
        <source>Another scene from</source>
        <translation>算作切换场景的比例</translation>
    </message>
    <message>
        <source>Answered from</source>
        <translation>算作已回答的比例</translation>
    </message>
    <message>
        <source>As a page</source>
        <translation>作为网页</translation>
    </message>
    <message>
        <source>As in OBS under Tools, WebSocket Server Settings.</source>
        <translation>与 OBS 的“工具 → WebSocket 服务器设置”里的一致。</translation>
    </message>
    <message>
        <source>As the computer</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>As you speak</source>
        <translation>与你讲的语言相同</translation>
    </message>
    <message>
        <source>As your stream: wide, tall, or a bar over the picture.</source>
        <translation>和你的直播画面一致：横屏、竖屏，或叠在画面上的横条。</translation>
    </message>
    <message>
        <source>Ask your viewers</source>
        <translation>向观众提问</translation>
    </message>
    <message>
        <source>Ask your viewers every</source>
        <translation>向观众提问的间隔</translation>
    </message>
    <message>
        <source>At once</source>
        <translation>立即</translation>
    </message>
    <message>
        <source>Back to the top right</source>
        <translation>回到右上角</translation>
    </message>
    <message>
        <source>Bar, 1280 × 360</source>
        <translation>横条，1280 × 360</translation>
    </message>
    <message>
        <source>Before that, only something urgent is said: the first words of a show are yours.</source>
        <translation>在此之前只提示紧急的事：开场的话留给你。</translation>
    </message>
    <message>
        <source>Black for</source>
        <translation>黑屏持续</translation>
    </message>
    <message>
        <source>Black picture</source>
        <translation>黑屏</translation>
    </message>
    <message>
        <source>Black picture from</source>
        <translation>算作黑屏的比例</translation>
    </message>
    <message>
        <source>Both must be too fast, so that one burst is no reason for a tip.</source>
        <translation>两次都太快才提示，偶尔快一下不算。</translation>
    </message>
    <message>
        <source>Break scene left on</source>
        <translation>休息画面没切回</translation>
    </message>
    <message>
        <source>Break scene left on for</source>
        <translation>休息画面没切回持续</translation>
    </message>
    <message>
        <source>Buying outside the app</source>
        <translation>引导站外交易</translation>
    </message>
    <message>
        <source>By then a product is shown, and not only talked about.</source>
        <translation>到这时商品应该拿出来展示，而不只是口头介绍。</translation>
    </message>
    <message>
        <source>By this share of its minutes.</source>
        <translation>按计划时长的比例。</translation>
    </message>
    <message>
        <source>Captions for viewers</source>
        <translation>给观众的字幕</translation>
    </message>
    <message>
        <source>Card and strip</source>
        <translation>卡片和状态条</translation>
    </message>
    <message>
        <source>Change it if another program uses it.</source>
        <translation>被其他程序占用时请改一个。</translation>
    </message>
    <message>
        <source>Chat</source>
        <translation>弹幕</translation>
    </message>
    <message>
        <source>Chat on the picture</source>
        <translation>画面上的弹幕区</translation>
    </message>
    <message>
        <source>Choose on the picture…</source>
        <translation>在画面上框选…</translation>
    </message>
    <message>
        <source>Choose on the screen…</source>
        <translation>在屏幕上框选…</translation>
    </message>
    <message>
        <source>Clicks go through it</source>
        <translation>点击穿透</translation>
    </message>
    <message>
        <source>Clicks through the overlay</source>
        <translation>点击穿透悬浮窗</translation>
    </message>
    <message>
        <source>Clipped moments of 50 ms are counted over this time.</source>
        <translation>在这段时间里统计 50 毫秒的爆音次数。</translation>
    </message>
    <message>
        <source>Clipping counted over</source>
        <translation>爆音统计时长</translation>
    </message>
    <message>
        <source>Clipping from</source>
        <translation>爆音起点</translation>
    </message>
    <message>
        <source>Clipping heard from</source>
        <translation>听得出爆音的比例</translation>
    </message>
    <message>
        <source>Coach</source>
        <translation>指导</translation>
    </message>
    <message>
        <source>Coaching on and off</source>
        <translation>开启或关闭指导</translation>
    </message>
    <message>
        <source>Colours</source>
        <translation>配色</translation>
    </message>
    <message>
        <source>Computer with OBS</source>
        <translation>OBS 所在的电脑</translation>
    </message>
    <message>
        <source>Connect</source>
        <translation>连接</translation>
    </message>
    <message>
        <source>Connect now</source>
        <translation>立即连接</translation>
    </message>
    <message>
        <source>Connection</source>
        <translation>连接</translation>
    </message>
    <message>
        <source>Dark glass</source>
        <translation>深色玻璃</translation>
    </message>
    <message>
        <source>Dark, not see-through</source>
        <translation>深色，不透明</translation>
    </message>
    <message>
        <source>Dead air</source>
        <translation>冷场</translation>
    </message>
    <message>
        <source>Downloads</source>
        <translation>下载</translation>
    </message>
    <message>
        <source>Drag it where you like it: it finds the edge by itself and remembers its place on each monitor.</source>
        <translation>拖到你喜欢的位置：它会自动贴边，并记住在每台显示器上的位置。</translation>
    </message>
    <message>
        <source>Drag over the chat in the watched picture, and viewers’ questions are read off it, on any platform.</source>
        <translation>在观看的画面上框出弹幕区，就能读到观众提问，任何平台都行。</translation>
    </message>
    <message>
        <source>Each of these is two seconds long; a jingle that you want to be heard is shorter.</source>
        <translation>每次两秒；你想让观众听到的音效没有这么长。</translation>
    </message>
    <message>
        <source>Echo</source>
        <translation>回声</translation>
    </message>
    <message>
        <source>Echo of the speakers</source>
        <translation>音箱回声</translation>
    </message>
    <message>
        <source>Echo times in a row</source>
        <translation>连续回声次数</translation>
    </message>
    <message>
        <source>Eight words are read in two seconds, and your eyes must come back to it first.</source>
        <translation>八个词两秒就能读完，但视线要先移过来。</translation>
    </message>
    <message>
        <source>Every download goes through it; empty, MartLive does as your system does.</source>
        <translation>所有下载都经过它；留空则按系统设置。</translation>
    </message>
    <message>
        <source>Fast at two checks apart</source>
        <translation>两次测速的间隔</translation>
    </message>
    <message>
        <source>Faster than you usually are</source>
        <translation>比你平时快</translation>
    </message>
    <message>
        <source>Fillers</source>
        <translation>口头禅</translation>
    </message>
    <message>
        <source>Fillers counted over</source>
        <translation>口头禅统计时长</translation>
    </message>
    <message>
        <source>Fillers in a row</source>
        <translation>口头禅太密</translation>
    </message>
    <message>
        <source>First steps</source>
        <translation>新手引导</translation>
    </message>
    <message>
        <source>Flat below</source>
        <translation>低于此值算平淡</translation>
    </message>
    <message>
        <source>Flat voice</source>
        <translation>语调太平</translation>
    </message>
    <message>
        <source>Flat voice over</source>
        <translation>语调平淡持续</translation>
    </message>
    <message>
        <source>Folder with models</source>
        <translation>模型文件夹</translation>
    </message>
    <message>
        <source>For example: My game</source>
        <translation>例如：我的游戏</translation>
    </message>
    <message>
        <source>For example: martas_kitchen</source>
        <translation>例如：martas_kitchen</translation>
    </message>
    <message>
        <source>For those who came since.</source>
        <translation>说给之后进来的观众听。</translation>
    </message>
    <message>
        <source>For “A monitor” above.</source>
        <translation>上面选“显示器”时有效。</translation>
    </message>
    <message>
        <source>For “A part of the desktop” above; drag over it on the screen.</source>
        <translation>上面选“桌面的一部分”时有效；在屏幕上框选。</translation>
    </message>
    <message>
        <source>From the next show on, the sound of your microphone leaves this computer; off stops it at once.</source>
        <translation>从下一场直播起，麦克风的声音会离开这台电脑；关掉就立刻停止。</translation>
    </message>
    <message>
        <source>From the next show on. What you could say instead stays in the language that you speak.</source>
        <translation>下一场直播起生效。“可以改说”的话仍用你讲的语言。</translation>
    </message>
    <message>
        <source>From this probability on a sound counts as your voice.</source>
        <translation>到了这个概率，声音才算是你在说话。</translation>
    </message>
    <message>
        <source>Frozen camera</source>
        <translation>画面卡住</translation>
    </message>
    <message>
        <source>Frozen for</source>
        <translation>画面卡住持续</translation>
    </message>
    <message>
        <source>Get to know your voice for</source>
        <translation>熟悉你声音的时长</translation>
    </message>
    <message>
        <source>Give up on a kind of tip after</source>
        <translation>放弃某类提示前的次数</translation>
    </message>
    <message>
        <source>Go through them again…</source>
        <translation>再走一遍…</translation>
    </message>
    <message>
        <source>Graphics card</source>
        <translation>显卡</translation>
    </message>
    <message>
        <source>Graphics card, if it can</source>
        <translation>优先用显卡</translation>
    </message>
    <message>
        <source>Greet a newcomer within</source>
        <translation>欢迎新观众的时限</translation>
    </message>
    <message>
        <source>Greet newcomers</source>
        <translation>欢迎新观众</translation>
    </message>
    <message>
        <source>Greet up to</source>
        <translation>最多欢迎</translation>
    </message>
    <message>
        <source>Health claim</source>
        <translation>夸大功效</translation>
    </message>
    <message>
        <source>Height on the desktop</source>
        <translation>桌面上的纵向位置</translation>
    </message>
    <message>
        <source>Hide everything at once</source>
        <translation>立即全部隐藏</translation>
    </message>
    <message>
        <source>High contrast</source>
        <translation>高对比度</translation>
    </message>
    <message>
        <source>Hold it in place</source>
        <translation>锁定位置</translation>
    </message>
    <message>
        <source>How MartLive talks to OBS, to see what viewers see.</source>
        <translation>MartLive 怎样连接 OBS，以便看到观众看到的画面。</translation>
    </message>
    <message>
        <source>How much the microphone is like what the computer plays, from 0 to 1; other sound stays below 0.2.</source>
        <translation>麦克风与电脑播放声音的相似度，从 0 到 1；其他声音都低于 0.2。</translation>
    </message>
    <message>
        <source>How often</source>
        <translation>频率</translation>
    </message>
    <message>
        <source>How soon words come</source>
        <translation>识别出字的快慢</translation>
    </message>
    <message>
        <source>How sure MartLive must be of a voice before speech begins.</source>
        <translation>MartLive 有多大把握才认为开始说话。</translation>
    </message>
    <message>
        <source>How sure MartLive must be that a sound is a voice before it measures how loud it is.</source>
        <translation>MartLive 有多大把握认为是人声，才测量音量。</translation>
    </message>
    <message>
        <source>How sure MartLive must be that somebody speaks.</source>
        <translation>MartLive 有多大把握认为有人在说话。</translation>
    </message>
    <message>
        <source>How to buy may come before the price</source>
        <translation>下单方式可以先于价格</translation>
    </message>
    <message>
        <source>How to buy not said</source>
        <translation>没说怎么下单</translation>
    </message>
    <message>
        <source>How to buy said within</source>
        <translation>说下单方式的时限</translation>
    </message>
    <message>
        <source>How your tips look, and where they lie on your screen.</source>
        <translation>提示的外观，以及在屏幕上的位置。</translation>
    </message>
    <message>
        <source>I am new to this</source>
        <translation>我是新手主播</translation>
    </message>
    <message>
        <source>If more than this share looks as never before, it is a menu, a slide or a card.</source>
        <translation>超过这个比例的画面从没出现过，那是菜单、幻灯片或贴片。</translation>
    </message>
    <message>
        <source>If nothing has changed after it, the tip counts as not followed; you can finish your sentence in it.</source>
        <translation>过了这段时间仍没变化，就算没照做；足够你把话说完。</translation>
    </message>
    <message>
        <source>If you show a product for longer without its price, you get a tip.</source>
        <translation>展示商品超过这么久还没报价，就会提示你。</translation>
    </message>
    <message>
        <source>If your voice stands out less than this, viewers hear the room.</source>
        <translation>人声比环境声高不出这么多，观众听到的就是杂音。</translation>
    </message>
    <message>
        <source>In a selling show or a talk viewers swipe on after this many seconds without a word.</source>
        <translation>带货或聊天直播时，这么多秒没人说话，观众就划走了。</translation>
    </message>
    <message>
        <source>In a show with more viewers who write, nobody greets each of them, and no tip says so.</source>
        <translation>发言的观众再多，就没人逐个欢迎了，也不会提示。</translation>
    </message>
    <message>
        <source>In a sponsored show, say so by then: who joins decides early.</source>
        <translation>有赞助的直播要在此之前说明：观众很早就决定去留。</translation>
    </message>
    <message>
        <source>In whose words</source>
        <translation>由谁措辞</translation>
    </message>
    <message>
        <source>It begins when you go live in OBS and ends with the stream.</source>
        <translation>OBS 一开播就开始，下播就结束。</translation>
    </message>
    <message>
        <source>It begins with https://; http:// is for a coach on this very computer.</source>
        <translation>以 https:// 开头；http:// 只用于这台电脑上的教练。</translation>
    </message>
    <message>
        <source>It comes once more, if you missed it.</source>
        <translation>没看清时，它再出现一次。</translation>
    </message>
    <message>
        <source>It follows when you drag the overlay.</source>
        <translation>拖动悬浮窗时会跟着变。</translation>
    </message>
    <message>
        <source>It is fetched while no show runs, tried, and starts the next time; the old one stays beside it.</source>
        <translation>没有直播时下载并检验，下次启动时生效；旧版保留。</translation>
    </message>
    <message>
        <source>It is in OBS under Tools, WebSocket Server Settings; MartLive keeps it in your system’s keyring, never in a file.</source>
        <translation>在 OBS 的“工具 → WebSocket 服务器设置”里；MartLive 把它存在系统的密钥环里，绝不写进文件。</translation>
    </message>
    <message>
        <source>It recognises your speech</source>
        <translation>由它识别你的语音</translation>
    </message>
    <message>
        <source>It stays true for so long, and can still be shown.</source>
        <translation>它在这段时间内有效，仍可显示。</translation>
    </message>
    <message>
        <source>It stays where it is, whatever you drag.</source>
        <translation>怎么拖它都不动。</translation>
    </message>
    <message>
        <source>It takes over in English shows while a game or OBS needs the machine.</source>
        <translation>英语直播中，游戏或 OBS 吃紧时由它接替。</translation>
    </message>
    <message>
        <source>It words the tips, if you chose that above.</source>
        <translation>上面选了它时，由它写提示的措辞。</translation>
    </message>
    <message>
        <source>It words your tips</source>
        <translation>由它给提示措辞</translation>
    </message>
    <message>
        <source>Item runs over</source>
        <translation>讲解超时</translation>
    </message>
    <message>
        <source>Its chat is read without an account; leave it empty if you are not there.</source>
        <translation>不用账号就能读它的弹幕；不在 Twitch 直播就留空。</translation>
    </message>
    <message>
        <source>Its title or a part of it, for “A window” above.</source>
        <translation>上面选“窗口”时有效：填标题或标题的一部分。</translation>
    </message>
    <message>
        <source>Keep shows for</source>
        <translation>直播保留</translation>
    </message>
    <message>
        <source>Keep sound for</source>
        <translation>声音保留</translation>
    </message>
    <message>
        <source>Keep the sound of your shows</source>
        <translation>保存直播的声音</translation>
    </message>
    <message>
        <source>Key of the remote coach</source>
        <translation>远程教练的密钥</translation>
    </message>
    <message>
        <source>Keys</source>
        <translation>快捷键</translation>
    </message>
    <message>
        <source>Keys that work in every window; click on one and press others.</source>
        <translation>在任何窗口都有效的快捷键；点一下，再按新的按键。</translation>
    </message>
    <message>
        <source>Landscape, 1920 × 1080</source>
        <translation>横屏，1920 × 1080</translation>
    </message>
    <message>
        <source>Language model</source>
        <translation>语言模型</translation>
    </message>
    <message>
        <source>Language of the tips</source>
        <translation>提示的语言</translation>
    </message>
    <message>
        <source>Language of the windows</source>
        <translation>界面语言</translation>
    </message>
    <message>
        <source>Large motion from</source>
        <translation>大幅变化起点</translation>
    </message>
    <message>
        <source>Larger ones hear better and need more of your computer.</source>
        <translation>模型越大识别越准，也越吃电脑性能。</translation>
    </message>
    <message>
        <source>Largest model on the graphics card</source>
        <translation>显卡上用最大的模型</translation>
    </message>
    <message>
        <source>Least voice to measure</source>
        <translation>可测量的最短人声</translation>
    </message>
    <message>
        <source>Leave it out of recordings</source>
        <translation>录屏时不录进去</translation>
    </message>
    <message>
        <source>Less lets what is beneath show through; below 20 % nobody finds it again.</source>
        <translation>越低越透；低于 20% 就找不着它了。</translation>
    </message>
    <message>
        <source>Less motion</source>
        <translation>减少动效</translation>
    </message>
    <message>
        <source>Light glass</source>
        <translation>浅色玻璃</translation>
    </message>
    <message>
        <source>Look</source>
        <translation>外观</translation>
    </message>
    <message>
        <source>Look away from the screen</source>
        <translation>暂停看画面</translation>
    </message>
    <message>
        <source>Look for a newer MartLive at the start</source>
        <translation>启动时查找新版 MartLive</translation>
    </message>
    <message>
        <source>Looks</source>
        <translation>样式</translation>
    </message>
    <message>
        <source>Loudness and movement of your voice are compared over so much talk.</source>
        <translation>用这么长的讲话来比较音量和语调变化。</translation>
    </message>
    <message>
        <source>Mark this moment</source>
        <translation>标记此刻</translation>
    </message>
    <message>
        <source>MartLive</source>
        <translation>MartLive</translation>
    </message>
    <message>
        <source>MartLive asks your system for it; not every system can.</source>
        <translation>MartLive 会请求系统这样做；不是每个系统都支持。</translation>
    </message>
    <message>
        <source>MartLive counts this up when a setting gets a new meaning, and brings older settings up by itself.</source>
        <translation>设置的含义变化时 MartLive 会把它加一，并自动升级旧设置。</translation>
    </message>
    <message>
        <source>MartLive goes on to the next product of your plan.</source>
        <translation>MartLive 切到计划里的下一个商品。</translation>
    </message>
    <message>
        <source>MartLive is there when you log in.</source>
        <translation>登录电脑时 MartLive 就启动。</translation>
    </message>
    <message>
        <source>MartLive itself: its language, its start, and your plan.</source>
        <translation>MartLive 本身：语言、启动方式和你的计划。</translation>
    </message>
    <message>
        <source>MartLive looks at what OBS sends out, and can follow the stream.</source>
        <translation>MartLive 看 OBS 的输出画面，并可以跟随开播和下播。</translation>
    </message>
    <message>
        <source>MartLive remembers them when you drag the overlay.</source>
        <translation>拖动悬浮窗时 MartLive 会记住。</translation>
    </message>
    <message>
        <source>Measured over this time, so that one soft sentence is no reason for a tip.</source>
        <translation>在这段时间里测量，偶尔轻声一句不会提示。</translation>
    </message>
    <message>
        <source>Microphone</source>
        <translation>麦克风</translation>
    </message>
    <message>
        <source>Microphone and speech</source>
        <translation>麦克风和语音</translation>
    </message>
    <message>
        <source>Microphone level</source>
        <translation>麦克风音量</translation>
    </message>
    <message>
        <source>Microphone silent</source>
        <translation>麦克风没声音</translation>
    </message>
    <message>
        <source>Mirror for models</source>
        <translation>模型镜像</translation>
    </message>
    <message>
        <source>Monitor of the overlay</source>
        <translation>悬浮窗所在的显示器</translation>
    </message>
    <message>
        <source>Most tips in a while</source>
        <translation>一段时间内最多提示</translation>
    </message>
    <message>
        <source>Most tips in a while for a beginner</source>
        <translation>新手一段时间内最多提示</translation>
    </message>
    <message>
        <source>Muted in OBS</source>
        <translation>OBS 里静音了</translation>
    </message>
    <message>
        <source>Name and price belong together within</source>
        <translation>名称与价格的间隔</translation>
    </message>
    <message>
        <source>Newcomers come after</source>
        <translation>新观众的起算时间</translation>
    </message>
    <message>
        <source>No tips come while it is off.</source>
        <translation>关闭时不出提示。</translation>
    </message>
    <message>
        <source>Noisy for</source>
        <translation>嘈杂持续</translation>
    </message>
    <message>
        <source>Noisy room</source>
        <translation>环境嘈杂</translation>
    </message>
    <message>
        <source>None</source>
        <translation>无</translation>
    </message>
    <message>
        <source>Not chosen yet</source>
        <translation>尚未选择</translation>
    </message>
    <message>
        <source>Not frozen but new from</source>
        <translation>算作新画面的比例</translation>
    </message>
    <message>
        <source>Nothing</source>
        <translation>不看</translation>
    </message>
    <message>
        <source>Nothing is compared before MartLive has heard so much of your talk.</source>
        <translation>MartLive 听够这么久之前不做比较。</translation>
    </message>
    <message>
        <source>OBS shows exactly what viewers see; the picture is measured and never kept.</source>
        <translation>OBS 的画面和观众看到的完全一样；只做测量，不保存。</translation>
    </message>
    <message>
        <source>Of 255 steps of brightness; it counts if it comes again, as the noise of a camera does.</source>
        <translation>亮度共 255 级；反复出现才算，就像摄像头的噪点。</translation>
    </message>
    <message>
        <source>Of 255 steps of brightness; one such change, as a blink, shows that the camera lives.</source>
        <translation>亮度共 255 级；眨一下眼这样的变化，就说明画面没卡。</translation>
    </message>
    <message>
        <source>Of a tip’s words; everything else on the overlay grows with it.</source>
        <translation>提示文字的大小；悬浮窗上的其他内容随之缩放。</translation>
    </message>
    <message>
        <source>Of the overlay and of MartLive’s windows.</source>
        <translation>悬浮窗和 MartLive 各窗口的配色。</translation>
    </message>
    <message>
        <source>On</source>
        <translation>开启</translation>
    </message>
    <message>
        <source>On a graphics card where there is one that can, or always on the processor.</source>
        <translation>有可用的显卡就用显卡，或始终用处理器。</translation>
    </message>
    <message>
        <source>On the screen</source>
        <translation>屏幕上的位置</translation>
    </message>
    <message>
        <source>One leaves the others to your game and your stream.</source>
        <translation>用一个，其余的留给游戏和推流。</translation>
    </message>
    <message>
        <source>One that is only moved out of the way is seen for less.</source>
        <translation>只是顺手挪开的商品，出现时间没有这么长。</translation>
    </message>
    <message>
        <source>One word or phrase a line, for every show; each product of your plan can have its own.</source>
        <translation>一行一个词或短语，每场直播都有效；计划里的商品还可以各有自己的。</translation>
    </message>
    <message>
        <source>Only one in twenty stretches of real talk is faster than 190 words a minute.</source>
        <translation>真实讲话里，只有二十分之一超过每分钟 190 个词。</translation>
    </message>
    <message>
        <source>Only that question leaves this computer; nothing is fetched before you say so.</source>
        <translation>只有这一个询问会离开本机；未经你同意不会下载任何内容。</translation>
    </message>
    <message>
        <source>Opacity of the overlay</source>
        <translation>悬浮窗不透明度</translation>
    </message>
    <message>
        <source>Open the plan…</source>
        <translation>打开计划…</translation>
    </message>
    <message>
        <source>Open the stream window</source>
        <translation>打开直播窗口</translation>
    </message>
    <message>
        <source>Other tips wait for a breath</source>
        <translation>其他提示等换气</translation>
    </message>
    <message>
        <source>Pace</source>
        <translation>语速</translation>
    </message>
    <message>
        <source>Pace counted over</source>
        <translation>语速统计时长</translation>
    </message>
    <message>
        <source>Page for OBS’s browser source</source>
        <translation>OBS 浏览器源网页</translation>
    </message>
    <message>
        <source>Password of OBS</source>
        <translation>OBS 密码</translation>
    </message>
    <message>
        <source>Past shows</source>
        <translation>往期直播</translation>
    </message>
    <message>
        <source>Picture</source>
        <translation>画面</translation>
    </message>
    <message>
        <source>Place of the overlay</source>
        <translation>悬浮窗位置</translation>
    </message>
    <message>
        <source>Places on each monitor</source>
        <translation>在每台显示器上的位置</translation>
    </message>
    <message>
        <source>Platform with its own rules</source>
        <translation>有专门规则的平台</translation>
    </message>
    <message>
        <source>Port of OBS</source>
        <translation>OBS 端口</translation>
    </message>
    <message>
        <source>Port of that page</source>
        <translation>该网页的端口</translation>
    </message>
    <message>
        <source>Portrait, 1080 × 1920</source>
        <translation>竖屏，1080 × 1920</translation>
    </message>
    <message>
        <source>Praise</source>
        <translation>鼓励</translation>
    </message>
    <message>
        <source>Praise after</source>
        <translation>多久给一次鼓励</translation>
    </message>
    <message>
        <source>Praise comes only while you speak: an empty room is no achievement.</source>
        <translation>只有你在讲话时才鼓励：空着的直播间不算表现好。</translation>
    </message>
    <message>
        <source>Praise may wait for</source>
        <translation>鼓励可等待</translation>
    </message>
    <message>
        <source>Pressing tips wait for a breath</source>
        <translation>紧要提示等换气</translation>
    </message>
    <message>
        <source>Price differs from the plan</source>
        <translation>报价与计划不符</translation>
    </message>
    <message>
        <source>Price known after</source>
        <translation>价格识别延迟</translation>
    </message>
    <message>
        <source>Price not said</source>
        <translation>没报价格</translation>
    </message>
    <message>
        <source>Price said within</source>
        <translation>报价时限</translation>
    </message>
    <message>
        <source>Prices and how to buy</source>
        <translation>价格和下单方式</translation>
    </message>
    <message>
        <source>Processor</source>
        <translation>处理器</translation>
    </message>
    <message>
        <source>Processor threads</source>
        <translation>处理器线程数</translation>
    </message>
    <message>
        <source>Program</source>
        <translation>程序</translation>
    </message>
    <message>
        <source>Proxy for downloads</source>
        <translation>下载代理</translation>
    </message>
    <message>
        <source>Question not answered</source>
        <translation>提问没有回答</translation>
    </message>
    <message>
        <source>Questions and newcomers</source>
        <translation>提问和新观众</translation>
    </message>
    <message>
        <source>Quiet start</source>
        <translation>开场安静期</translation>
    </message>
    <message>
        <source>Quiet tips that come live</source>
        <translation>直播中显示的次要提示</translation>
    </message>
    <message>
        <source>Quiet voice below</source>
        <translation>音量偏小低于</translation>
    </message>
    <message>
        <source>Quiet voice for</source>
        <translation>音量偏小持续</translation>
    </message>
    <message>
        <source>Rarer when you do not follow</source>
        <translation>不照做时减少</translation>
    </message>
    <message>
        <source>Rarer when you send one away</source>
        <translation>关掉时减少</translation>
    </message>
    <message>
        <source>Real talk has about one “um” in 15 seconds; so many of them are heard.</source>
        <translation>正常讲话约 15 秒一个“嗯”；到这么多就听得出来了。</translation>
    </message>
    <message>
        <source>Recap every</source>
        <translation>回顾间隔</translation>
    </message>
    <message>
        <source>Recap for newcomers</source>
        <translation>给新观众回顾</translation>
    </message>
    <message>
        <source>Remote coach</source>
        <translation>远程教练</translation>
    </message>
    <message>
        <source>Rest between two tips</source>
        <translation>两条提示的间隔</translation>
    </message>
    <message>
        <source>Room for all shows</source>
        <translation>全部直播可用空间</translation>
    </message>
    <message>
        <source>Said further apart, they are no recap.</source>
        <translation>隔得更远就不算回顾。</translation>
    </message>
    <message>
        <source>Said so shortly before a price, it counts as said after it.</source>
        <translation>在报价前这么短时间内说的，也算说过了。</translation>
    </message>
    <message>
        <source>Same matter for</source>
        <translation>视为同一件事的时长</translation>
    </message>
    <message>
        <source>Say a new viewer’s name by then.</source>
        <translation>在此之前叫出新观众的名字。</translation>
    </message>
    <message>
        <source>Say name and price together again, for those who came since.</source>
        <translation>再把名称和价格一起说一遍，给之后进来的观众。</translation>
    </message>
    <message>
        <source>Say when OBS has me muted</source>
        <translation>OBS 把我静音时提醒</translation>
    </message>
    <message>
        <source>Seconds of your talk in which the pitch hardly moves; pauses do not count.</source>
        <translation>语调几乎没有起伏的讲话秒数；停顿不算。</translation>
    </message>
    <message>
        <source>Send the tip away</source>
        <translation>关闭提示</translation>
    </message>
    <message>
        <source>Settling in</source>
        <translation>开场准备</translation>
    </message>
    <message>
        <source>Shape of the overlay</source>
        <translation>悬浮窗形式</translation>
    </message>
    <message>
        <source>Share of full brightness; a dark room with one lamp lies above it.</source>
        <translation>占最高亮度的比例；只开一盏灯的暗房也比这亮。</translation>
    </message>
    <message>
        <source>Share of the picture that is black; the rest is a pointer or a logo.</source>
        <translation>黑色部分占画面的比例；其余是鼠标或水印。</translation>
    </message>
    <message>
        <source>Share of the picture that lived before: a fifth of each side is enough.</source>
        <translation>之前有动静的部分占画面的比例：长宽各五分之一就够。</translation>
    </message>
    <message>
        <source>Share of the picture that must change at once.</source>
        <translation>同时变化的部分占画面的比例。</translation>
    </message>
    <message>
        <source>Shortest speech</source>
        <translation>最短人声</translation>
    </message>
    <message>
        <source>Show and hide the overlay</source>
        <translation>显示或隐藏悬浮窗</translation>
    </message>
    <message>
        <source>Show plan</source>
        <translation>直播计划</translation>
    </message>
    <message>
        <source>Show the product</source>
        <translation>展示商品</translation>
    </message>
    <message>
        <source>Show what the language model does</source>
        <translation>显示语言模型的问答</translation>
    </message>
    <message>
        <source>Shown anew after</source>
        <translation>重新展示的间隔</translation>
    </message>
    <message>
        <source>Shown within</source>
        <translation>展示时限</translation>
    </message>
    <message>
        <source>Silence</source>
        <translation>无声</translation>
    </message>
    <message>
        <source>Silence before a tip</source>
        <translation>冷场多久提示</translation>
    </message>
    <message>
        <source>Silence before a tip while gaming</source>
        <translation>游戏时冷场多久提示</translation>
    </message>
    <message>
        <source>Silent below</source>
        <translation>无声低于</translation>
    </message>
    <message>
        <source>Silent for</source>
        <translation>无声持续</translation>
    </message>
    <message>
        <source>Size of the stream window</source>
        <translation>直播窗口尺寸</translation>
    </message>
    <message>
        <source>Size of the text</source>
        <translation>文字大小</translation>
    </message>
    <message>
        <source>Small motion from</source>
        <translation>小幅变化起点</translation>
    </message>
    <message>
        <source>So long after you named a product, another one that is seen may be the one you show.</source>
        <translation>说出商品名之后过了这么久，画面里的另一个商品就可能是你在展示的。</translation>
    </message>
    <message>
        <source>So long at most; then they are dropped, because they are about the past.</source>
        <translation>最多等这么久；之后作废，因为那已是过去的事。</translation>
    </message>
    <message>
        <source>So long at most; then they come anyway.</source>
        <translation>最多等这么久；之后直接出现。</translation>
    </message>
    <message>
        <source>So long at the start, silence is no reason for a tip.</source>
        <translation>开场这段时间里，没说话不提示。</translation>
    </message>
    <message>
        <source>So long without anything to correct.</source>
        <translation>这么久都没有要改的地方。</translation>
    </message>
    <message>
        <source>So long without speech, nobody speaks to the viewers any more.</source>
        <translation>这么久没人说话，就是不再对观众讲了。</translation>
    </message>
    <message>
        <source>So many times the movement that your pitch usually has.</source>
        <translation>相对你平时语调起伏的倍数。</translation>
    </message>
    <message>
        <source>So many times your usual pace: if you always talk fast, nobody corrects you for it.</source>
        <translation>相对你平时语速的倍数：你一向快，就不会总提示你。</translation>
    </message>
    <message>
        <source>So many tips come within the time below at most; what is urgent or can cost you the account comes all the same.</source>
        <translation>在下面的时间里最多出这么多条；紧急的、可能封号的照样提示。</translation>
    </message>
    <message>
        <source>So many words of yours are looked through for an answer: two or three sentences.</source>
        <translation>在你这么多个词里找答案：相当于两三句话。</translation>
    </message>
    <message>
        <source>So much of your last talk is read again with each word.</source>
        <translation>每来一个词，都回看最近这么久的话。</translation>
    </message>
    <message>
        <source>Sound</source>
        <translation>声音</translation>
    </message>
    <message>
        <source>Sound clips</source>
        <translation>爆音</translation>
    </message>
    <message>
        <source>Speech</source>
        <translation>语音识别</translation>
    </message>
    <message>
        <source>Speech begins at</source>
        <translation>开始说话的把握</translation>
    </message>
    <message>
        <source>Speech goes on down to</source>
        <translation>继续说话的把握</translation>
    </message>
    <message>
        <source>Speech goes on while MartLive is at least this sure of a voice; keep it below the one above.</source>
        <translation>MartLive 对人声至少有这么大把握，就算还在说；请低于上面那个值。</translation>
    </message>
    <message>
        <source>Speech model</source>
        <translation>语音模型</translation>
    </message>
    <message>
        <source>Speech model when the computer is busy</source>
        <translation>电脑忙时的语音模型</translation>
    </message>
    <message>
        <source>Speech on your graphics card</source>
        <translation>用显卡识别语音</translation>
    </message>
    <message>
        <source>Spoken while muted</source>
        <translation>静音时说话达</translation>
    </message>
    <message>
        <source>Sponsor known after</source>
        <translation>赞助商识别延迟</translation>
    </message>
    <message>
        <source>Sponsor named again after</source>
        <translation>再次提到赞助商的间隔</translation>
    </message>
    <message>
        <source>Sponsor named by</source>
        <translation>提到赞助商的时限</translation>
    </message>
    <message>
        <source>Sponsor not named</source>
        <translation>没提赞助商</translation>
    </message>
    <message>
        <source>Start with the computer</source>
        <translation>开机启动</translation>
    </message>
    <message>
        <source>Stream window</source>
        <translation>直播窗口</translation>
    </message>
    <message>
        <source>Sure of a voice for praise</source>
        <translation>给鼓励时的人声把握</translation>
    </message>
    <message>
        <source>Sure of a voice for the level</source>
        <translation>测音量时的人声把握</translation>
    </message>
    <message>
        <source>Talk read again for phrases</source>
        <translation>回看讲话找违规话术</translation>
    </message>
    <message>
        <source>Talk read again for prices</source>
        <translation>回看讲话找价格</translation>
    </message>
    <message>
        <source>Talk taken together</source>
        <translation>合起来看的讲话</translation>
    </message>
    <message>
        <source>Talk to OBS</source>
        <translation>连接 OBS</translation>
    </message>
    <message>
        <source>Talking point left</source>
        <translation>要点没讲</translation>
    </message>
    <message>
        <source>Talking points by</source>
        <translation>要点提醒的进度</translation>
    </message>
    <message>
        <source>Talking too fast</source>
        <translation>语速太快</translation>
    </message>
    <message>
        <source>Test connection</source>
        <translation>测试连接</translation>
    </message>
    <message>
        <source>Than you usually are.</source>
        <translation>比你平时低这么多。</translation>
    </message>
    <message>
        <source>The computer’s choice</source>
        <translation>系统默认</translation>
    </message>
    <message>
        <source>The fillers above must come within this time.</source>
        <translation>上面那么多口头禅要出现在这段时间里。</translation>
    </message>
    <message>
        <source>The first praise is free, each later one takes so many tips: so it stays worth something.</source>
        <translation>第一次鼓励直接给，之后每次要先有这么多条提示，这样才珍贵。</translation>
    </message>
    <message>
        <source>The game fills shorter silences.</source>
        <translation>短一些的沉默，游戏画面撑得住。</translation>
    </message>
    <message>
        <source>The language of MartLive’s own words; what you say is recognised in whatever language you set for the show.</source>
        <translation>MartLive 界面的语言；你说的话按直播设定的语言识别。</translation>
    </message>
    <message>
        <source>The last tip again</source>
        <translation>再看上一条提示</translation>
    </message>
    <message>
        <source>The level of a voice is taken over so much of it: a laugh is shorter, a sentence longer.</source>
        <translation>用这么长的人声测音量：笑声更短，句子更长。</translation>
    </message>
    <message>
        <source>The line is thin until a tip comes.</source>
        <translation>没有提示时只是一条细线。</translation>
    </message>
    <message>
        <source>The main monitor</source>
        <translation>主显示器</translation>
    </message>
    <message>
        <source>The next item is on</source>
        <translation>切到下一个商品</translation>
    </message>
    <message>
        <source>The one that you saved last; it opens by itself when MartLive starts.</source>
        <translation>你上次保存的计划；MartLive 启动时自动打开。</translation>
    </message>
    <message>
        <source>The one where you dragged it last.</source>
        <translation>你上次拖到的那一台。</translation>
    </message>
    <message>
        <source>The overlay alone; coaching goes on.</source>
        <translation>只隐藏悬浮窗，指导照常。</translation>
    </message>
    <message>
        <source>The overlay and the screen</source>
        <translation>悬浮窗和画面</translation>
    </message>
    <message>
        <source>The picture</source>
        <translation>画面</translation>
    </message>
    <message>
        <source>The right moment</source>
        <translation>合适的时机</translation>
    </message>
    <message>
        <source>The rules alone</source>
        <translation>只按规则</translation>
    </message>
    <message>
        <source>The rules always decide; a language model on this computer may find fresher words, and waits 1.5 seconds at most.</source>
        <translation>提不提示始终由规则决定；这台电脑上的语言模型可以换个更新鲜的说法，最多等 1.5 秒。</translation>
    </message>
    <message>
        <source>The same cards as a page, which only this computer can open.</source>
        <translation>同样的卡片做成网页，只有这台电脑能打开。</translation>
    </message>
    <message>
        <source>The same while “I am new to this” is on.</source>
        <translation>“我是新手主播”开启时的上限。</translation>
    </message>
    <message>
        <source>The show follows the stream</source>
        <translation>跟随推流开始和结束</translation>
    </message>
    <message>
        <source>The tip on the screen goes, and its kind comes more rarely.</source>
        <translation>屏幕上的提示消失，同类提示也会变少。</translation>
    </message>
    <message>
        <source>The two limits above hold for any stretch of this length.</source>
        <translation>上面两个上限对任何这么长的时间都有效。</translation>
    </message>
    <message>
        <source>The while in which tips are counted</source>
        <translation>统计提示的时长</translation>
    </message>
    <message>
        <source>The window</source>
        <translation>窗口</translation>
    </message>
    <message>
        <source>The words of a moment are recognised one to two seconds after it.</source>
        <translation>说过的话要过一两秒才识别出来。</translation>
    </message>
    <message>
        <source>Then a show is deleted with its report and sound; 0 keeps all of them.</source>
        <translation>到期后，直播连同报告和声音一起删除；0 表示全部保留。</translation>
    </message>
    <message>
        <source>Then it is deleted; the words and the report stay.</source>
        <translation>到期后声音会被删除；文字和报告保留。</translation>
    </message>
    <message>
        <source>Then it is too old to answer live.</source>
        <translation>之后再在直播里回答就太晚了。</translation>
    </message>
    <message>
        <source>These are for the report after the show; tick those that you want to see while you are live.</source>
        <translation>这些本来只写进播后报告；想在直播中看到的请勾选。</translation>
    </message>
    <message>
        <source>They go to the window beneath, or to the overlay again.</source>
        <translation>点击会落到下面的窗口，或重新落到悬浮窗。</translation>
    </message>
    <message>
        <source>They reach the window beneath; the keys do the rest.</source>
        <translation>点击会落到下面的窗口；其余用快捷键。</translation>
    </message>
    <message>
        <source>They set up your microphone, the picture, the keys and the models; go through them again whenever you like.</source>
        <translation>设置麦克风、画面、快捷键和模型；随时可以再走一遍。</translation>
    </message>
    <message>
        <source>This share of a question’s own words, said by you, counts as its answer.</source>
        <translation>提问里的词你说到这个比例，就算回答了。</translation>
    </message>
    <message>
        <source>This share of clipped moments is heard as distortion.</source>
        <translation>爆音达到这个比例，就听得出失真。</translation>
    </message>
    <message>
        <source>Tick what you do not want to be told; it is still in the report.</source>
        <translation>勾选不想被提示的；报告里仍会有。</translation>
    </message>
    <message>
        <source>Time to follow a tip</source>
        <translation>照做的时间</translation>
    </message>
    <message>
        <source>Time to wait instead</source>
        <translation>改为等待的时长</translation>
    </message>
    <message>
        <source>Tips appear and leave without moving or fading.</source>
        <translation>提示直接出现和消失，没有移动和淡入淡出。</translation>
    </message>
    <message>
        <source>Tips between praises</source>
        <translation>两次鼓励之间的提示数</translation>
    </message>
    <message>
        <source>Tips that never come</source>
        <translation>从不出现的提示</translation>
    </message>
    <message>
        <source>Tips that you do not follow</source>
        <translation>没有照做的提示</translation>
    </message>
    <message>
        <source>Tired voice</source>
        <translation>声音疲惫</translation>
    </message>
    <message>
        <source>Tired voice below</source>
        <translation>低于此值算疲惫</translation>
    </message>
    <message>
        <source>Tired voice over</source>
        <translation>声音疲惫持续</translation>
    </message>
    <message>
        <source>Tired voice quieter by</source>
        <translation>疲惫时音量降低</translation>
    </message>
    <message>
        <source>To hear a moment again in the report; it is encrypted, and only this computer can open it.</source>
        <translation>便于在报告里重听某一刻；声音已加密，只有这台电脑能打开。</translation>
    </message>
    <message>
        <source>Too fast from</source>
        <translation>语速过快起点</translation>
    </message>
    <message>
        <source>Try it now, with what stands above.</source>
        <translation>用上面的设置现在试一下。</translation>
    </message>
    <message>
        <source>Try it now, with what stands above; nothing of yours is sent.</source>
        <translation>现在用上面填写的内容试一试；不会发送你的任何内容。</translation>
    </message>
    <message>
        <source>Twitch channel</source>
        <translation>Twitch 频道</translation>
    </message>
    <message>
        <source>Two words every 20 seconds help a speaker; a steady stream of them does not.</source>
        <translation>每 20 秒两个词能帮到讲话的人，一直跳就帮倒忙了。</translation>
    </message>
    <message>
        <source>Updates</source>
        <translation>更新</translation>
    </message>
    <message>
        <source>Version of the settings</source>
        <translation>设置的版本</translation>
    </message>
    <message>
        <source>Viewers strain to hear a voice below it; it is 12 dB under what platforms aim at.</source>
        <translation>低于它观众听着费劲；比平台的目标响度低 12 dB。</translation>
    </message>
    <message>
        <source>Viewers who are asked something stay longer.</source>
        <translation>被提问的观众停留更久。</translation>
    </message>
    <message>
        <source>Voice</source>
        <translation>声音</translation>
    </message>
    <message>
        <source>Voice above the room</source>
        <translation>人声高出环境声</translation>
    </message>
    <message>
        <source>Voice from</source>
        <translation>算作人声的概率</translation>
    </message>
    <message>
        <source>Voice measured over</source>
        <translation>人声测量时长</translation>
    </message>
    <message>
        <source>Voice too quiet</source>
        <translation>声音太小</translation>
    </message>
    <message>
        <source>Wait for the cents</source>
        <translation>等报完零头</translation>
    </message>
    <message>
        <source>Wait until words are known</source>
        <translation>等识别出字</translation>
    </message>
    <message>
        <source>Watch for an echo</source>
        <translation>检查回声</translation>
    </message>
    <message>
        <source>Watched monitor</source>
        <translation>观看的显示器</translation>
    </message>
    <message>
        <source>Watched part of the desktop</source>
        <translation>观看的桌面区域</translation>
    </message>
    <message>
        <source>Watched picture</source>
        <translation>观看的画面</translation>
    </message>
    <message>
        <source>Watched window</source>
        <translation>观看的窗口</translation>
    </message>
    <message>
        <source>Watching the picture pauses, and goes on when you press it again.</source>
        <translation>暂停看画面，再按一次继续。</translation>
    </message>
    <message>
        <source>What</source>
        <translation>提示什么</translation>
    </message>
    <message>
        <source>What MartLive hears, and how it understands you; it stays here unless you turn the remote coach on.</source>
        <translation>MartLive 听到什么、怎样听懂你；除非你打开远程教练，一切都留在这里。</translation>
    </message>
    <message>
        <source>What MartLive keeps of your shows on this computer, and for how long.</source>
        <translation>MartLive 在这台电脑上保存直播的哪些内容，保存多久。</translation>
    </message>
    <message>
        <source>What MartLive listens to; take the one that your viewers hear.</source>
        <translation>MartLive 听的麦克风；请选观众听到的那一个。</translation>
    </message>
    <message>
        <source>What a tip is about leaves this computer: a price, a product, a viewer’s question and name.</source>
        <translation>提示的内容会离开这台电脑：价格、商品、观众的问题和名字。</translation>
    </message>
    <message>
        <source>What has just happened matters more than what happened before it.</source>
        <translation>刚发生的事比之前的更重要。</translation>
    </message>
    <message>
        <source>What leaves this computer</source>
        <translation>什么会离开这台电脑</translation>
    </message>
    <message>
        <source>What must have happened before a tip comes; the usual values suit most shows.</source>
        <translation>出提示的条件；默认值适合大多数直播。</translation>
    </message>
    <message>
        <source>What the computer plays is compared with your microphone; nothing of it is kept.</source>
        <translation>把电脑播放的声音和麦克风比较；什么都不保存。</translation>
    </message>
    <message>
        <source>What this platform forbids or allows is watched beside the usual rules.</source>
        <translation>在通用规则之外，再按这个平台的规定检查。</translation>
    </message>
    <message>
        <source>What viewers see</source>
        <translation>观众看到的画面</translation>
    </message>
    <message>
        <source>What you say goes out as closed captions, where your platform takes them.</source>
        <translation>平台支持时，你说的话会作为隐藏字幕发出去。</translation>
    </message>
    <message>
        <source>When they need more, the oldest are deleted; an hour of sound takes 9 MB.</source>
        <translation>超出时先删除最早的直播；一小时声音约占 9 MB。</translation>
    </message>
    <message>
        <source>When tips come</source>
        <translation>提示条件</translation>
    </message>
    <message>
        <source>Where MartLive reads your viewers’ questions.</source>
        <translation>MartLive 从哪里读观众的提问。</translation>
    </message>
    <message>
        <source>Where it is</source>
        <translation>它在哪里</translation>
    </message>
    <message>
        <source>Where speech is recognised</source>
        <translation>语音识别用什么</translation>
    </message>
    <message>
        <source>Where the chat is</source>
        <translation>弹幕在哪里</translation>
    </message>
    <message>
        <source>Which picture MartLive watches with you; it is measured and forgotten.</source>
        <translation>MartLive 陪你看哪个画面；只做测量，不保存。</translation>
    </message>
    <message>
        <source>Which tips you get, in whose words, and how often.</source>
        <translation>收到哪些提示、由谁措辞、多久一次。</translation>
    </message>
    <message>
        <source>While you speak; a goodbye before a break is shorter.</source>
        <translation>指你还在讲话的时长；休息前的道别没有这么久。</translation>
    </message>
    <message>
        <source>While you stream</source>
        <translation>推流期间</translation>
    </message>
    <message>
        <source>Who talks to viewers hardly pauses, so the words lie close together.</source>
        <translation>对观众讲话很少停顿，字句离得很近。</translation>
    </message>
    <message>
        <source>Who words the tips</source>
        <translation>提示由谁措辞</translation>
    </message>
    <message>
        <source>Whoever runs the coach gives it to you; MartLive keeps it in your system’s keyring, never in a file.</source>
        <translation>由运行教练的人给你；MartLive 把它放在系统的钥匙串里，从不写进文件。</translation>
    </message>
    <message>
        <source>Whoever writes before this is greeted with the whole room.</source>
        <translation>在此之前发言的观众，跟全场一起欢迎过了。</translation>
    </message>
    <message>
        <source>With less voice than this there is nothing to measure.</source>
        <translation>人声比这还少就没法测。</translation>
    </message>
    <message>
        <source>Within</source>
        <translation>统计时长</translation>
    </message>
    <message>
        <source>Within so many words after a phrase you can take it back.</source>
        <translation>说完后在这么多个词内可以收回。</translation>
    </message>
    <message>
        <source>Within that time; a word to somebody in the room is shorter.</source>
        <translation>在那段时间内；和身边的人说句话没有这么久。</translation>
    </message>
    <message>
        <source>Without any motion where a camera was.</source>
        <translation>摄像头画面毫无动静。</translation>
    </message>
    <message>
        <source>Without it, other windows can cover your tips.</source>
        <translation>关闭的话，其他窗口可能盖住提示。</translation>
    </message>
    <message>
        <source>Words are counted over this time, with the pauses in it.</source>
        <translation>在这段时间里数词，停顿也算在内。</translation>
    </message>
    <message>
        <source>Words at once need the most of your computer; after each sentence, a quarter of it.</source>
        <translation>立即出字最吃性能；每句话说完再识别只要四分之一。</translation>
    </message>
    <message>
        <source>Words that can cost you the account</source>
        <translation>可能封号的话</translation>
    </message>
    <message>
        <source>Words to avoid</source>
        <translation>禁用词</translation>
    </message>
    <message>
        <source>Words to take it back</source>
        <translation>收回的词数</translation>
    </message>
    <message>
        <source>Words to wait for</source>
        <translation>等待的词数</translation>
    </message>
    <message>
        <source>You are done speaking after</source>
        <translation>停止说话的判定</translation>
    </message>
    <message>
        <source>You find it again after the show.</source>
        <translation>播后还能找到它。</translation>
    </message>
    <message>
        <source>You get a tip if you speak while OBS has your microphone muted.</source>
        <translation>你在说话而 OBS 里麦克风静音时，会提示你。</translation>
    </message>
    <message>
        <source>You get fewer tips, because a beginner has less attention to spare.</source>
        <translation>提示会少一些，因为新手能分出的注意力更少。</translation>
    </message>
    <message>
        <source>You speak</source>
        <translation>你说</translation>
    </message>
    <message>
        <source>You speak for</source>
        <translation>你说话达</translation>
    </message>
    <message>
        <source>You spoke within</source>
        <translation>最近说过话</translation>
    </message>
    <message>
        <source>Your graphics card can recognise speech, sooner and with larger models; it needs libraries of its maker, which MartLive fetches for you.</source>
        <translation>你的显卡可以识别语音，更快，也能用更大的模型；它需要厂商的程序库，MartLive 会替你下载。</translation>
    </message>
    <message>
        <source>Your plan</source>
        <translation>你的计划</translation>
    </message>
    <message>
        <source>Your show</source>
        <translation>你的直播</translation>
    </message>
    <message>
        <source>Your shows</source>
        <translation>你的直播</translation>
    </message>
    <message>
        <source>Your sound</source>
        <translation>你的声音</translation>
    </message>
    <message>
        <source>Your tips</source>
        <translation>你的提示</translation>
    </message>
    <message>
        <source>days</source>
        <translation>天</translation>
    </message>
    <message>
        <source>times</source>
        <translation>倍</translation>
    </message>
    <message>
        <source>words</source>
        <translation>词</translation>
    </message>
    <message>
        <source>words a minute</source>
        <translation>词/分</translation>
    </message>
</context>
<context>
    <name>SettingsWindow</name>
    <message numerus="yes">
        <source>%n settings</source>
        <translation>
            <numerusform>%n 项设置</numerusform>
        </translation>
    </message>
    <message>
        <source>Another program has these keys – choose others.</source>
        <translation>这组按键被其他程序占用，请换一组。</translation>
    </message>
    <message>
        <source>Choose a number from {low} to {high}.</source>
        <translation>请填 {low} 到 {high} 之间的数字。</translation>
    </message>
    <message>
        <source>Choose another value; this one cannot be used.</source>
        <translation>请换个值；这个不能用。</translation>
    </message>
    <message>
        <source>Click here and press keys, such as Ctrl + Alt + M.</source>
        <translation>点这里，再按快捷键，例如 Ctrl + Alt + M。</translation>
    </message>
    <message>
        <source>Export settings</source>
        <translation>导出设置</translation>
    </message>
    <message>
        <source>Export these settings to a file</source>
        <translation>把设置导出到文件</translation>
    </message>
    <message>
        <source>Exported to {name}.</source>
        <translation>已导出到 {name}。</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>导出…</translation>
    </message>
    <message>
        <source>Import settings</source>
        <translation>导入设置</translation>
    </message>
    <message>
        <source>Import settings from a file</source>
        <translation>从文件导入设置</translation>
    </message>
    <message>
        <source>Import…</source>
        <translation>导入…</translation>
    </message>
    <message>
        <source>Nothing here is called “{text}”. Try a plain word, such as microphone, silence or font, or a name from the settings file, such as overlay.font_px.</source>
        <translation>没有找到“{text}”。换个常用词试试，例如麦克风、冷场、文字，或设置文件里的名称，例如 overlay.font_px。</translation>
    </message>
    <message>
        <source>One setting</source>
        <translation>1 项设置</translation>
    </message>
    <message>
        <source>Pages</source>
        <translation>页面</translation>
    </message>
    <message>
        <source>Reset all of it?</source>
        <translation>全部恢复默认？</translation>
    </message>
    <message>
        <source>Reset this page: {page}</source>
        <translation>将此页恢复默认：{page}</translation>
    </message>
    <message>
        <source>Reset this page…</source>
        <translation>此页恢复默认…</translation>
    </message>
    <message>
        <source>Search the settings</source>
        <translation>搜索设置</translation>
    </message>
    <message>
        <source>Search, as silence or font</source>
        <translation>搜索，例如：冷场、文字</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>The first {shown} of {count}; type on to find fewer.</source>
        <translation>显示前 {shown} 项，共 {count} 项；继续输入可缩小范围。</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Write an address with https://, or with http:// if the coach is on this computer.</source>
        <translation>请填写以 https:// 开头的地址；教练在这台电脑上时用 http://。</translation>
    </message>
    <message>
        <source>Write an address with https://, or with http:// if the server is on this computer.</source>
        <translation>请填写以 https:// 开头的地址；服务器在本机时可用 http://。</translation>
    </message>
    <message>
        <source>Write it like http://proxy.example.com:3128, without a name or a password.</source>
        <translation>请写成 http://proxy.example.com:3128 这样，不带用户名和密码。</translation>
    </message>
    <message>
        <source>Your last change is taken back.</source>
        <translation>已撤销上一次更改。</translation>
    </message>
    <message>
        <source>{name} is imported; Undo brings back what was.</source>
        <translation>已导入 {name}；点“撤销”可恢复原样。</translation>
    </message>
    <message>
        <source>{name} is not there; choose another file.</source>
        <translation>{name} 不在；请另选文件。</translation>
    </message>
    <message>
        <source>{name} is what you had already.</source>
        <translation>{name} 与当前设置相同。</translation>
    </message>
    <message>
        <source>“{action}” has these keys, too – choose others for one of them.</source>
        <translation>“{action}”也用了这组按键，请给其中一个换一组。</translation>
    </message>
</context>
<context>
    <name>ShowCard</name>
    <message>
        <source>Any language</source>
        <translation>任意语言</translation>
    </message>
    <message>
        <source>Currency</source>
        <translation>货币</translation>
    </message>
    <message>
        <source>Gaming</source>
        <translation>游戏</translation>
    </message>
    <message>
        <source>Kind of show</source>
        <translation>直播类型</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>语言</translation>
    </message>
    <message>
        <source>Minutes</source>
        <translation>分钟</translation>
    </message>
    <message>
        <source>Minutes of the show</source>
        <translation>直播时长（分钟）</translation>
    </message>
    <message>
        <source>Selling</source>
        <translation>带货</translation>
    </message>
    <message>
        <source>Somebody pays for this show</source>
        <translation>这场直播有赞助</translation>
    </message>
    <message>
        <source>Sponsor</source>
        <translation>赞助商</translation>
    </message>
    <message>
        <source>Talk</source>
        <translation>聊天</translation>
    </message>
    <message>
        <source>Title</source>
        <translation>标题</translation>
    </message>
    <message>
        <source>What is your show called?</source>
        <translation>给这场直播起个名字</translation>
    </message>
    <message>
        <source>Who?</source>
        <translation>赞助商是谁？</translation>
    </message>
</context>
<context>
    <name>Sign</name>
    <message>
        <source>Now</source>
        <translation>现在</translation>
    </message>
    <message>
        <source>Tip</source>
        <translation>提示</translation>
    </message>
    <message>
        <source>Urgent</source>
        <translation>紧急</translation>
    </message>
    <message>
        <source>Well done</source>
        <translation>干得好</translation>
    </message>
</context>
<context>
    <name>SourceTiles</name>
    <message>
        <source>Nothing to choose from yet. Open OBS or the window that your viewers see.</source>
        <translation>还没有可选的画面。请打开 OBS，或观众看到的那个窗口。</translation>
    </message>
</context>
<context>
    <name>StreamDesk</name>
    <message>
        <source>The address is copied; only OBS should have it.</source>
        <translation>地址已复制；只应填进 OBS。</translation>
    </message>
    <message>
        <source>is on your stream</source>
        <translation>已出现在你的直播中</translation>
    </message>
</context>
<context>
    <name>StreamPanel</name>
    <message numerus="yes">
        <source>%n min</source>
        <translation>
            <numerusform>%n 分钟</numerusform>
        </translation>
    </message>
    <message>
        <source>A question from the chat</source>
        <translation>弹幕里的提问</translation>
    </message>
    <message>
        <source>A window for OBS with what viewers may see. OBS lists it as “%1”.</source>
        <translation>给 OBS 用的窗口，只放观众可以看的内容。它在 OBS 里叫“%1”。</translation>
    </message>
    <message>
        <source>Add to OBS</source>
        <translation>添加到 OBS</translation>
    </message>
    <message>
        <source>Always on it</source>
        <translation>始终显示</translation>
    </message>
    <message>
        <source>Asking OBS…</source>
        <translation>正在询问 OBS…</translation>
    </message>
    <message>
        <source>Bar, 1280 × 360</source>
        <translation>横条，1280 × 360</translation>
    </message>
    <message>
        <source>Browser source instead</source>
        <translation>改用浏览器源</translation>
    </message>
    <message>
        <source>Copy its address</source>
        <translation>复制地址</translation>
    </message>
    <message>
        <source>Countdown</source>
        <translation>倒计时</translation>
    </message>
    <message>
        <source>Everyone would read what only you should.</source>
        <translation>只该你看的内容，所有人都会看到。</translation>
    </message>
    <message>
        <source>For Wayland, or where OBS cannot capture windows</source>
        <translation>适合 Wayland，或 OBS 不能采集窗口时</translation>
    </message>
    <message>
        <source>Giveaway</source>
        <translation>抽奖</translation>
    </message>
    <message>
        <source>Landscape, 1920 × 1080</source>
        <translation>横屏，1920 × 1080</translation>
    </message>
    <message>
        <source>Live captions of what you say</source>
        <translation>你说的话的实时字幕</translation>
    </message>
    <message>
        <source>MartLive – Stream window</source>
        <translation>MartLive – 直播窗口</translation>
    </message>
    <message>
        <source>Minutes</source>
        <translation>分钟</translation>
    </message>
    <message>
        <source>No question yet</source>
        <translation>还没有提问</translation>
    </message>
    <message>
        <source>Open the stream window</source>
        <translation>打开直播窗口</translation>
    </message>
    <message>
        <source>Portrait, 1080 × 1920</source>
        <translation>竖屏，1080 × 1920</translation>
    </message>
    <message>
        <source>Question</source>
        <translation>提问</translation>
    </message>
    <message>
        <source>Sale ends in</source>
        <translation>距优惠结束</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>显示</translation>
    </message>
    <message>
        <source>Show my coach’s tips to viewers, too</source>
        <translation>也让观众看到教练的提示</translation>
    </message>
    <message>
        <source>Show the giveaway</source>
        <translation>显示抽奖</translation>
    </message>
    <message>
        <source>Show the question</source>
        <translation>显示提问</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>尺寸</translation>
    </message>
    <message>
        <source>Start</source>
        <translation>开始</translation>
    </message>
    <message>
        <source>Start the countdown</source>
        <translation>开始倒计时</translation>
    </message>
    <message>
        <source>Stream window</source>
        <translation>直播窗口</translation>
    </message>
    <message>
        <source>Take away</source>
        <translation>撤下</translation>
    </message>
    <message>
        <source>Take the countdown away</source>
        <translation>撤下倒计时</translation>
    </message>
    <message>
        <source>Take the giveaway away</source>
        <translation>撤下抽奖</translation>
    </message>
    <message>
        <source>Take the question away</source>
        <translation>撤下提问</translation>
    </message>
    <message>
        <source>The product on show, with its price</source>
        <translation>正在讲解的商品和价格</translation>
    </message>
    <message>
        <source>What can be won</source>
        <translation>奖品</translation>
    </message>
    <message>
        <source>What to do for it</source>
        <translation>参与方式</translation>
    </message>
    <message>
        <source>Win a desk lamp</source>
        <translation>赢一盏台灯</translation>
    </message>
    <message>
        <source>Words of the countdown</source>
        <translation>倒计时文字</translation>
    </message>
    <message>
        <source>Write LAMP in the chat</source>
        <translation>发弹幕“台灯”参与</translation>
    </message>
</context>
<context>
    <name>StreamWindow</name>
    <message>
        <source>What your viewers see</source>
        <translation>观众看到的画面</translation>
    </message>
</context>
<context>
    <name>Strip</name>
    <message numerus="yes">
        <source>%n words per minute</source>
        <translation>
            <numerusform>每分钟 %n 个词</numerusform>
        </translation>
    </message>
    <message>
        <source>Coaching is off</source>
        <translation>指导已关闭</translation>
    </message>
    <message>
        <source>Everything stays on this computer</source>
        <translation>所有内容只留在这台电脑上</translation>
    </message>
    <message>
        <source>Getting ready to listen</source>
        <translation>正在准备聆听</translation>
    </message>
    <message>
        <source>Listening</source>
        <translation>正在听</translation>
    </message>
    <message>
        <source>Next: {name}</source>
        <translation>下一个：{name}</translation>
    </message>
    <message>
        <source>No sound from your microphone</source>
        <translation>麦克风没有声音</translation>
    </message>
    <message>
        <source>Not listening</source>
        <translation>没有在听</translation>
    </message>
    <message>
        <source>Not looking – paused</source>
        <translation>已暂停看画面</translation>
    </message>
    <message>
        <source>The screen cannot be seen</source>
        <translation>看不到画面</translation>
    </message>
    <message>
        <source>The screen is not watched</source>
        <translation>没有在看画面</translation>
    </message>
    <message>
        <source>Tips are in time</source>
        <translation>提示很及时</translation>
    </message>
    <message>
        <source>Tips come {seconds} s late</source>
        <translation>提示晚了 {seconds} 秒</translation>
    </message>
    <message>
        <source>Watching the screen</source>
        <translation>正在看屏幕</translation>
    </message>
    <message>
        <source>Watching {what}</source>
        <translation>正在看 {what}</translation>
    </message>
    <message>
        <source>Your words go to the remote coach</source>
        <translation>你说的话会发给远程教练</translation>
    </message>
    <message>
        <source>{pace} wpm</source>
        <translation>{pace} 词/分</translation>
    </message>
    <message>
        <source>{time} left</source>
        <translation>剩余 {time}</translation>
    </message>
</context>
<context>
    <name>Tray</name>
    <message>
        <source>Begin a show</source>
        <translation>开始直播</translation>
    </message>
    <message>
        <source>Coach me</source>
        <translation>开启指导</translation>
    </message>
    <message>
        <source>End this show</source>
        <translation>结束这场直播</translation>
    </message>
    <message>
        <source>Hide everything now</source>
        <translation>立即全部隐藏</translation>
    </message>
    <message>
        <source>Keep it in place</source>
        <translation>锁定位置</translation>
    </message>
    <message>
        <source>Let clicks through</source>
        <translation>点击穿透</translation>
    </message>
    <message>
        <source>MartLive is coaching</source>
        <translation>MartLive 正在指导</translation>
    </message>
    <message>
        <source>MartLive: coaching is off</source>
        <translation>MartLive：指导已关闭</translation>
    </message>
    <message>
        <source>Past shows…</source>
        <translation>往期直播……</translation>
    </message>
    <message>
        <source>Quit MartLive</source>
        <translation>退出 MartLive</translation>
    </message>
    <message>
        <source>Settings…</source>
        <translation>设置…</translation>
    </message>
    <message>
        <source>Show plan…</source>
        <translation>直播计划…</translation>
    </message>
    <message>
        <source>Show the overlay</source>
        <translation>显示悬浮窗</translation>
    </message>
    <message>
        <source>Stream window…</source>
        <translation>直播窗口…</translation>
    </message>
    <message>
        <source>Watch the screen</source>
        <translation>看画面</translation>
    </message>
    <message>
        <source>What MartLive hears and sees…</source>
        <translation>MartLive 听到和看到的…</translation>
    </message>
    <message>
        <source>What viewers see…</source>
        <translation>观众看到的画面…</translation>
    </message>
</context>
<context>
    <name>UpdatesDesk</name>
    <message>
        <source>Fetch it</source>
        <translation>下载</translation>
    </message>
    <message>
        <source>Fetching: {percent} %</source>
        <translation>正在下载：{percent} %</translation>
    </message>
    <message>
        <source>It comes when your show has ended.</source>
        <translation>直播结束后下载。</translation>
    </message>
    <message>
        <source>Look now</source>
        <translation>立即查找</translation>
    </message>
    <message>
        <source>Looking…</source>
        <translation>正在查找…</translation>
    </message>
    <message>
        <source>MartLive {version} should not be used any more.</source>
        <translation>不应再使用 MartLive {version}。</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
</context>
<context>
    <name>WatchPage</name>
    <message>
        <source>A single window or a part of the screen is offered later, in the tray under “What viewers see…”.</source>
        <translation>想看单个窗口或屏幕的一部分，之后可以在托盘的“观众看到的画面…”里选。</translation>
    </message>
    <message>
        <source>MartLive looks along and tells you of a black or frozen picture. Pictures are measured and forgotten.</source>
        <translation>MartLive 一起看着，黑屏或画面卡住会提醒你。画面只做测量，不保存。</translation>
    </message>
    <message>
        <source>What do your viewers see?</source>
        <translation>观众看到的是什么画面？</translation>
    </message>
</context>
<context>
    <name>_KeyRow</name>
    <message>
        <source>Another program has them</source>
        <translation>被其他程序占用</translation>
    </message>
    <message>
        <source>It works</source>
        <translation>可以用</translation>
    </message>
</context>
<context>
    <name>senses_window</name>
    <message>
        <source>A picture shows up here while a show runs.</source>
        <translation>直播进行时，画面会显示在这里。</translation>
    </message>
    <message>
        <source>Black for {count} s</source>
        <translation>黑屏 {count} 秒</translation>
    </message>
    <message>
        <source>Chat</source>
        <translation>弹幕</translation>
    </message>
    <message>
        <source>Frozen for {count} s</source>
        <translation>画面卡住 {count} 秒</translation>
    </message>
    <message>
        <source>Getting ready to listen…</source>
        <translation>正在准备聆听…</translation>
    </message>
    <message>
        <source>Hearing</source>
        <translation>听</translation>
    </message>
    <message>
        <source>Hears your words</source>
        <translation>识别你的话</translation>
    </message>
    <message>
        <source>Load</source>
        <translation>占用</translation>
    </message>
    <message>
        <source>MartLive itself</source>
        <translation>MartLive 本身</translation>
    </message>
    <message>
        <source>Microphone: {name}</source>
        <translation>麦克风：{name}</translation>
    </message>
    <message>
        <source>Moving</source>
        <translation>有动静</translation>
    </message>
    <message>
        <source>No show runs – start one from the tray.</source>
        <translation>没有直播在进行，可以从托盘开始。</translation>
    </message>
    <message>
        <source>No sound from your microphone.</source>
        <translation>麦克风没有声音。</translation>
    </message>
    <message>
        <source>Not looking – you paused it.</source>
        <translation>你已暂停看画面。</translation>
    </message>
    <message>
        <source>Nothing is watched. Choose “What viewers see…” in the tray.</source>
        <translation>没有在看画面。请在托盘里选“观众看到的画面…”。</translation>
    </message>
    <message>
        <source>Nothing leaves this computer.</source>
        <translation>什么都不会离开这台电脑。</translation>
    </message>
    <message>
        <source>Privacy</source>
        <translation>隐私</translation>
    </message>
    <message>
        <source>Reads the chat</source>
        <translation>读弹幕</translation>
    </message>
    <message>
        <source>Say something, and your words come here.</source>
        <translation>说句话，识别出的文字会显示在这里。</translation>
    </message>
    <message>
        <source>Scene: Break</source>
        <translation>场景：休息</translation>
    </message>
    <message>
        <source>Scene: Main</source>
        <translation>场景：主画面</translation>
    </message>
    <message>
        <source>Scene: Starting soon</source>
        <translation>场景：即将开播</translation>
    </message>
    <message>
        <source>Seeing</source>
        <translation>看</translation>
    </message>
    <message>
        <source>Seen: {name}</source>
        <translation>看到：{name}</translation>
    </message>
    <message>
        <source>Share of one processor core in the last minute, and memory.</source>
        <translation>最近一分钟占用一个处理器核心的比例，以及内存。</translation>
    </message>
    <message>
        <source>Standing still</source>
        <translation>静止</translation>
    </message>
    <message>
        <source>The picture cannot be seen now.</source>
        <translation>现在看不到画面。</translation>
    </message>
    <message>
        <source>The picture is coming…</source>
        <translation>画面马上就来…</translation>
    </message>
    <message>
        <source>The watched picture</source>
        <translation>观看的画面</translation>
    </message>
    <message>
        <source>What each part of MartLive takes comes here in a moment.</source>
        <translation>MartLive 各部分的占用稍后会显示在这里。</translation>
    </message>
    <message>
        <source>What viewers write shows up here once it is read.</source>
        <translation>读到的弹幕会显示在这里。</translation>
    </message>
    <message>
        <source>Words tips</source>
        <translation>写提示的措辞</translation>
    </message>
    <message>
        <source>Your words go to the remote coach.</source>
        <translation>你说的话会发给远程教练。</translation>
    </message>
    <message>
        <source>{count} words a minute</source>
        <translation>每分钟 {count} 个词</translation>
    </message>
    <message>
        <source>{seconds} s behind</source>
        <translation>落后 {seconds} 秒</translation>
    </message>
</context>
<context>
    <name>stream_cards</name>
    <message>
        <source>A viewer asks</source>
        <translation>有观众问</translation>
    </message>
    <message>
        <source>Captions: {words}</source>
        <translation>字幕：{words}</translation>
    </message>
    <message>
        <source>Countdown: {label}, {time} left</source>
        <translation>倒计时：{label}，剩余 {time}</translation>
    </message>
    <message>
        <source>Countdown: {time} left</source>
        <translation>倒计时：剩余 {time}</translation>
    </message>
    <message>
        <source>Giveaway</source>
        <translation>抽奖</translation>
    </message>
    <message>
        <source>Giveaway: {title}</source>
        <translation>抽奖：{title}</translation>
    </message>
    <message>
        <source>Giveaway: {title}. {action}</source>
        <translation>抽奖：{title}。{action}</translation>
    </message>
    <message>
        <source>On sale: {name}</source>
        <translation>正在讲解：{name}</translation>
    </message>
    <message>
        <source>On sale: {name}, {price}</source>
        <translation>正在讲解：{name}，{price}</translation>
    </message>
    <message>
        <source>{name} cannot be opened; save the picture again, and it will show.</source>
        <translation>“{name}”打不开；重新保存这张图片就能显示。</translation>
    </message>
    <message>
        <source>{name} is no picture that fits here; use a JPEG, PNG or WebP file.</source>
        <translation>“{name}”不能用在这里；请用 JPEG、PNG 或 WebP 图片。</translation>
    </message>
    <message>
        <source>{name} is very large; save it with up to 4000 pixels a side, and it will show.</source>
        <translation>“{name}”太大；请存成边长不超过 4000 像素，就能显示。</translation>
    </message>
    <message>
        <source>{user} asks</source>
        <translation>{user} 问</translation>
    </message>
</context>
</TS>
