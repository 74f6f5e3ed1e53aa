<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>HistoryWindow</name>
    <message numerus="yes">
        <source>%n shows would be gone for good, with every word, tip, note, report and sound that was kept.</source>
        <translation>
            <numerusform>%n show would be gone for good, with every word, tip, note, report and sound that was kept.</numerusform>
            <numerusform>%n shows would be gone for good, with every word, tip, note, report and sound that was kept.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n shows, {size} in {folder}</source>
        <translation>
            <numerusform>%n show, {size} in {folder}</numerusform>
            <numerusform>%n shows, {size} in {folder}</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>PlanEditor</name>
    <message numerus="yes">
        <source>%n fields are to be mended before you can save.</source>
        <translation>
            <numerusform>%n field is to be mended before you can save.</numerusform>
            <numerusform>%n fields are to be mended before you can save.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n products are in. These lines are not:</source>
        <translation>
            <numerusform>%n product is in. These lines are not:</numerusform>
            <numerusform>%n products are in. These lines are not:</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n products · {minutes} min</source>
        <translation>
            <numerusform>%n product · {minutes} min</numerusform>
            <numerusform>%n products · {minutes} min</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>… and %n more.</source>
        <translation>
            <numerusform>… and %n more.</numerusform>
            <numerusform>… and %n more.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>RecentTips</name>
    <message numerus="yes">
        <source>%n min ago</source>
        <translation>
            <numerusform>%n min ago</numerusform>
            <numerusform>%n min ago</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>SettingsWindow</name>
    <message numerus="yes">
        <source>%n settings</source>
        <translation>
            <numerusform>%n setting</numerusform>
            <numerusform>%n settings</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>StreamPanel</name>
    <message numerus="yes">
        <source>%n min</source>
        <translation>
            <numerusform>%n min</numerusform>
            <numerusform>%n min</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Strip</name>
    <message numerus="yes">
        <source>%n words per minute</source>
        <translation>
            <numerusform>%n word per minute</numerusform>
            <numerusform>%n words per minute</numerusform>
        </translation>
    </message>
</context>
</TS>
