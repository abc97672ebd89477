<?php
// The page of an ad for its readers: what the newest upload without errors says of it.
header('Content-Type: text/html; charset=utf-8');
$taken = getenv('TAKEN') ?: $_SERVER['TAKEN'];
$id = $_GET['id'] ?? '';
$files = file("$taken/uploads", FILE_IGNORE_NEW_LINES) ?: [];
$shown = null;
foreach ($files as $name) {
    if (!is_file("$taken/ESV" . substr($name, 2))) {
        continue;
    }
    $load = simplexml_load_file("$taken/$name");
    foreach ($load->Data->JobPositionPosting as $job) {
        if ((string) $job->JobPositionPostingId === $id) {
            $shown = $job->JobPositionInformation;
        }
    }
    foreach ($load->Data->DeleteEntry as $entry) {
        if ((string) $entry->EntryId === $id) {
            $shown = null;
        }
    }
}
if (!$shown) {
    http_response_code(404);
    exit('There is no such ad');
}
echo '<h1>' . htmlspecialchars($shown->JobPositionTitleDescription) . '</h1><p>'
    . nl2br(htmlspecialchars($shown->Objective)) . '</p>';
