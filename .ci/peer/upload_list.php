<?php
// Lists what became of the uploads. Like the real one it looks at them some time after they came:
// here when it is asked the second time.
header('Content-Type: text/html; charset=utf-8');
$taken = getenv('TAKEN') ?: $_SERVER['TAKEN'];
foreach (glob("$taken/DS*.xml") as $file) {
    $rest = substr(basename($file), 2);
    if (glob("$taken/ES[PV]$rest")) {
        continue;
    }
    if (!is_file("$file.seen")) {
        touch("$file.seen");
        continue;
    }
    libxml_use_internal_errors(true);
    $load = simplexml_load_file($file);
    $errors = [];
    if (!$load || $load->getName() !== 'HRBAXMLJobPositionPosting') {
        $errors[] = 'this is no HRBAXMLJobPositionPosting';
    }
    foreach ($load ? $load->Data->JobPositionPosting : [] as $job) {
        $title = (string) $job->JobPositionInformation->JobPositionTitleDescription;
        if (mb_strlen($title) > 60) {
            $errors[] = "{$job->JobPositionPostingId}: JobPositionTitleDescription is longer than 60";
        }
    }
    $lines = array_map(fn ($error) => '<Error>' . htmlspecialchars($error) . '</Error>', $errors);
    $kind = $errors ? 'ESP' : 'ESV';
    file_put_contents(
        "$taken/$kind$rest",
        '<Errors count="' . count($errors) . '">' . implode('', $lines) . '</Errors>'
    );
}
foreach (glob("$taken/ES*.xml") as $file) {
    $name = basename($file);
    echo "<a href=\"/get.php?f=$name\">$name</a>\n";
}
